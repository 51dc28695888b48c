import Diagnosis
import Glibc

extension TreeWriter {
  /// A directory as a root of its own: what is written below it by another writer cannot leave it, whatever
  /// links it holds.
  package mutating func openDirectory(_ path: TreePath) throws(SystemFailure) -> Descriptor {
    let there = try directory(path)
    return Descriptor(
      owning: try system("open", path.description) { fcntl(there, F_DUPFD_CLOEXEC, 0) })
  }
}
