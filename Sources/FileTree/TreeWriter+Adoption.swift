import Diagnosis
import Glibc

extension TreeWriter {
  /// Moves everything below `source`, a directory of the same file system, into the tree: a directory that the
  /// tree does not have as a whole, anything else name by name. Fails when a name is taken. Returns
  /// the directories that were there before and got a name.
  package mutating func adopt(_ source: CInt) throws(SystemFailure) -> Set<TreePath> {
    var touched: Set<TreePath> = []
    var other = TreeWriter(root: source)
    try adopt(.root, of: &other, &touched)
    forgetDirectories()
    return touched
  }

  private mutating func adopt(
    _ directory: TreePath, of other: inout TreeWriter, _ touched: inout Set<TreePath>
  ) throws(SystemFailure) {
    for name in try other.list(directory) {
      let path = directory.appending(name)
      if let there = try kind(path) {
        // A link to a directory is as good as one.
        let isDirectory = try other.kind(path) == S_IFDIR
        guard isDirectory, there == S_IFDIR || there == S_IFLNK else {
          throw SystemFailure("create", path.description, code: EEXIST)
        }
        try adopt(path, of: &other, &touched)
        continue
      }
      let (from, to) = (try other.directory(directory), try self.directory(directory))
      try system("move", path.description) {
        renameat(from, TreeWriter.cString(name), to, TreeWriter.cString(name))
      }
      touched.insert(directory)
    }
  }
}
