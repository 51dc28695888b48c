import BuildModel
import FileTree

/// Puts `uv` and `uvx` from uv's wheel into `/usr/local/bin`, not writable by anybody.
package struct UvInstaller: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  package func install(_ wheel: WheelFile) throws {
    var writer = TreeWriter(root: root)
    let directory = "\(wheel.distInfo.dropLast(".dist-info".count)).data/scripts"
    let names = ["uv", "uvx"]
    let wanted = names.map { TreePath(stringLiteral: "\(directory)/\($0)") }
    for path in wanted where !wheel.members.contains(where: { $0.path == path }) {
      throw WheelError(wheel.name.file, "expected \(path), found none")
    }
    try writer.makeDirectories("usr/local/bin", modified: modified)
    try wheel.read { index, content in
      let member = wheel.members[index]
      guard wanted.contains(member.path) else { return }
      let path = TreePath(stringLiteral: "usr/local/bin").appending(member.path.name)
      try writer.makeFile(FileEntry(path: path, kind: .file, mode: 0o555, modified: modified)) {
        try content.copy(to: $0)
      }
    }
    try writer.setTime(modified, of: "usr/local/bin")
  }
}
