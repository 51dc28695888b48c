import Diagnosis
import FileTree
import Glibc

/// The right to fetch one object, held until it is let go. It is a flock(2) on a file of its own, so
/// the kernel gives it back when a build dies.
package struct ObjectLock: ~Copyable, Sendable {
  private let file: Descriptor
  private let path: String

  fileprivate init(_ file: consuming Descriptor, _ path: String) {
    self.file = file
    self.path = path
  }

  deinit {
    // Removed while it is still held: whoever waits for this file sees that it is gone and begins anew.
    unlink(path)
  }
}

extension Store {
  /// Waits for the right to fetch `digest`. Look again whether the object is there, once it is held.
  package func lock(_ digest: Digest) throws(SystemFailure) -> ObjectLock {
    while true {
      if let lock = try acquire(digest, LOCK_EX) { return lock }
    }
  }

  /// Nil while somebody else holds it.
  package func tryLock(_ digest: Digest) throws(SystemFailure) -> ObjectLock? {
    try acquire(digest, LOCK_EX | LOCK_NB)
  }

  /// Nil when it is held elsewhere, or when the file vanished while we waited.
  private func acquire(_ digest: Digest, _ operation: CInt) throws(SystemFailure) -> ObjectLock? {
    let path = partialPath(digest) + ".lock"
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    do {
      try system("lock", path) { flock(file.raw, operation) }
    } catch  where error.code == EWOULDBLOCK {
      return nil
    }
    var held = stat()
    var named = stat()
    try system("examine", path) { fstat(file.raw, &held) }
    guard stat(path, &named) == 0, named.st_ino == held.st_ino, named.st_dev == held.st_dev else {
      return nil
    }
    return ObjectLock(file, path)
  }
}
