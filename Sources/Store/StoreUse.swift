import Diagnosis
import FileTree
import Glibc

/// That somebody counts on what is in the cache: a lock that builds share, and that whoever removes
/// downloads has alone. The kernel gives it back when its holder ends.
package final class StoreUse: Sendable {
  private let lock: Descriptor

  private init(_ lock: consuming Descriptor) { self.lock = lock }

  fileprivate static func acquire(_ operation: CInt, in directory: String) throws(SystemFailure) -> StoreUse?
  {
    let path = "\(directory)/lock"
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
    do throws(SystemFailure) {
      try system("lock", path) { flock(file.raw, operation) }
    } catch {
      if error.code == EWOULDBLOCK { return nil }
      throw error
    }
    return StoreUse(file)
  }
}

extension Store {
  /// With others, for as long as the result lives. Waits while somebody removes.
  package func use() throws(SystemFailure) -> StoreUse {
    guard let use = try StoreUse.acquire(LOCK_SH, in: directory) else {
      throw SystemFailure("lock", "\(directory)/lock", code: EWOULDBLOCK)
    }
    return use
  }

  /// Alone; nil while a build is at work.
  package func useAlone() throws(SystemFailure) -> StoreUse? {
    try StoreUse.acquire(LOCK_EX | LOCK_NB, in: directory)
  }
}
