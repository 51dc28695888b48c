import Diagnosis
import FileTree

extension TreeWriter {
  /// Makes `path` and what is missing above it: root's, 0755 whatever the umask and the set-group-id
  /// bit of `/usr/local`, with the given time, which the directory above the first new one gets, too.
  mutating func makeDirectories(_ path: TreePath, modified: Timestamp) throws(SystemFailure) {
    if path.isRoot { return }
    try makeDirectories(path.parent, modified: modified)
    guard try makeDirectory(path) else { return }
    try setDirectory(FileEntry(path: path, kind: .directory, mode: 0o755, modified: modified))
    try setTime(modified, of: path.parent)
  }
}
