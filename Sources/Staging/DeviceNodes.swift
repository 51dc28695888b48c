import FileTree

/// The names that every /dev has. The nodes themselves exist in the image only: a user namespace may
/// not make devices. Modes and numbers are mmdebstrap's.
enum DeviceNodes {
  private static let nodes: [(name: String, major: UInt32, minor: UInt32)] = [
    ("console", 5, 1), ("full", 1, 7), ("null", 1, 3), ("ptmx", 5, 2), ("random", 1, 8), ("tty", 5, 0),
    ("urandom", 1, 9), ("zero", 1, 5),
  ]

  private static let links = [
    ("fd", "/proc/self/fd"), ("stderr", "/proc/self/fd/2"), ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
  ]

  static func make(in writer: inout TreeWriter, recordedIn recorded: inout [TreePath: FileEntry]) throws {
    for name in ["dev", "dev/pts", "dev/shm"] { try writer.makeDirectories(TreePath(stringLiteral: name)) }
    for (name, target) in links {
      let path = TreePath(stringLiteral: "dev/\(name)")
      if try writer.exists(path) { continue }
      let target = Array(target.utf8)
      try writer.makeSymbolicLink(
        FileEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777), target: target)
    }
    for node in nodes {
      let path = TreePath(stringLiteral: "dev/\(node.name)")
      recorded[path] = FileEntry(
        path: path, kind: .characterDevice(major: node.major, minor: node.minor), mode: 0o666)
    }
  }
}
