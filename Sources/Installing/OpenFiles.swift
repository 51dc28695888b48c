import FileTree
import Glibc
import Synchronization

/// Open files by their paths in a tree, closed when this goes.
final class OpenFiles: Sendable {
  private let files = Mutex<[TreePath: CInt]>([:])

  subscript(path: TreePath) -> CInt? { files.withLock { $0[path] } }

  func keep(_ file: consuming Descriptor, as path: TreePath) {
    let raw = file.release()
    files.withLock { files in
      if let before = files.updateValue(raw, forKey: path) { close(before) }
    }
  }

  deinit { files.withLock { for raw in $0.values { close(raw) } } }
}
