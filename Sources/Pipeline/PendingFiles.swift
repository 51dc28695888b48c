import FileTree
import Glibc
import Synchronization

/// Files that a worker writes and that become something only when it has succeeded: until then they have
/// names of their own, and go when this does.
final class PendingFiles: Sendable {
  private let directory: String
  private let paths = Mutex<[String: String]>([:])

  init(in directory: String) { self.directory = directory }

  deinit { for path in paths.withLock({ $0.values }) { unlink(path) } }

  /// A new and empty file, open for reading and writing.
  func create(_ name: String) throws -> Descriptor {
    let file = try TemporaryFile("\(directory)/\(name)")
    let path = file.path
    paths.withLock { $0[name] = path }
    return file.release()
  }

  /// Hands the files over, by their names.
  func release() -> [String: String] {
    paths.withLock { paths in
      defer { paths = [:] }
      return paths
    }
  }
}
