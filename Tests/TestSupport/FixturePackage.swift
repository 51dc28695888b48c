import Foundation

/// A `.deb` to be built by dpkg-deb: as much of a package as a test needs.
package struct FixturePackage: Sendable {
  package var name: String
  package var version: String
  /// "all", "amd64"
  package var architecture: String
  package var component: String
  /// Control fields behind Package, Version and Architecture, in this order.
  package var fields: [(name: String, value: String)]
  package var content: [FixtureContent]
  /// The whole file, in place of what dpkg-deb would make: for what it would not.
  package var archive: [UInt8]?

  package init(
    _ name: String, _ version: String, architecture: String = "all", component: String = "main",
    depends: String? = nil, preDepends: String? = nil, recommends: String? = nil,
    provides: String? = nil, conflicts: String? = nil, breaks: String? = nil,
    replaces: String? = nil, essential: Bool = false, priority: String = "optional",
    multiArch: String? = nil, fields: [(name: String, value: String)] = [],
    @FixtureBuilder<FixtureContent> _ content: () -> [FixtureContent] = { [] }
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.component = component
    self.content = content()
    let relations = [
      ("Pre-Depends", preDepends), ("Depends", depends), ("Recommends", recommends),
      ("Provides", provides), ("Conflicts", conflicts), ("Breaks", breaks), ("Replaces", replaces),
      ("Multi-Arch", multiArch), ("Essential", essential ? "yes" : nil),
    ]
    self.fields = relations.compactMap { name, value in value.map { (name, $0) } }
    self.fields += [
      ("Priority", priority), ("Section", "misc"), ("Maintainer", "Nobody <nobody@example.org>"),
    ]
    self.fields += fields
    self.fields.append(("Description", "fixture \(name)"))
  }

  /// Builds it as `directory`/name_version_architecture.deb; everything in it belongs to root.
  /// Returns its path.
  @discardableResult
  package func build(in directory: String, date: Int64) throws -> String {
    let manager = FileManager.default
    // dpkg-deb names no files itself, and an epoch's colon belongs to no file name.
    let stem = "\(name)_\(version.split(separator: ":").last ?? "")_\(architecture)"
    if let archive {
      try Data(archive).write(to: URL(filePath: "\(directory)/\(stem).deb"))
      return "\(directory)/\(stem).deb"
    }
    let tree = "\(directory)/\(stem).tree"
    try manager.createDirectory(atPath: "\(tree)/DEBIAN", withIntermediateDirectories: true)
    try FixtureContent.chmod("\(tree)/DEBIAN", 0o755)
    let control =
      [("Package", name), ("Version", version), ("Architecture", architecture)]
      + fields.map { ($0.name, $0.value) }
    try control.map { "\($0): \($1)\n" }.joined()
      .write(toFile: "\(tree)/DEBIAN/control", atomically: false, encoding: .utf8)
    for item in content { try item.write(below: tree) }
    try runTool(
      "dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, "\(directory)/\(stem).deb"],
      environment: ["SOURCE_DATE_EPOCH": "\(date)"])
    try manager.removeItem(atPath: tree)
    return "\(directory)/\(stem).deb"
  }
}

/// One thing in a fixture package.
package enum FixtureContent: Sendable {
  case file(path: String, mode: UInt16, text: String)
  case directory(path: String, mode: UInt16)
  case symbolicLink(path: String, target: String)
  /// `target` is the path of something listed before.
  case hardLink(path: String, target: String)
  case fifo(path: String, mode: UInt16)
  /// A copy of a file of the host.
  case copy(path: String, mode: UInt16, source: String)
  /// A member of control.tar: a script, `conffiles`, `triggers`.
  case control(name: String, mode: UInt16, text: String)

  func write(below tree: String) throws {
    switch self {
    case .file(let path, let mode, let text):
      try FixtureContent.makeParent(of: tree + path)
      try text.write(toFile: tree + path, atomically: false, encoding: .utf8)
      try FixtureContent.chmod(tree + path, mode)
    case .directory(let path, let mode):
      try FixtureContent.makeParent(of: "\(tree)\(path)/.")
      try FixtureContent.chmod(tree + path, mode)
    case .symbolicLink(let path, let target):
      try FixtureContent.makeParent(of: tree + path)
      try FileManager.default.createSymbolicLink(
        atPath: tree + path, withDestinationPath: target)
    case .hardLink(let path, let target):
      try FixtureContent.makeParent(of: tree + path)
      try FileManager.default.linkItem(atPath: tree + target, toPath: tree + path)
    case .fifo(let path, let mode):
      try FixtureContent.makeParent(of: tree + path)
      try runTool("mkfifo", [tree + path])
      try FixtureContent.chmod(tree + path, mode)
    case .copy(let path, let mode, let source):
      try FixtureContent.makeParent(of: tree + path)
      try FileManager.default.copyItem(atPath: source, toPath: tree + path)
      try FixtureContent.chmod(tree + path, mode)
    case .control(let name, let mode, let text):
      try text.write(toFile: "\(tree)/DEBIAN/\(name)", atomically: false, encoding: .utf8)
      try FixtureContent.chmod("\(tree)/DEBIAN/\(name)", mode)
    }
  }

  /// Makes the directories that are missing above `path`, each 0755 whatever the umask.
  private static func makeParent(of path: String) throws {
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    guard !parent.isEmpty, !FileManager.default.fileExists(atPath: parent) else { return }
    try makeParent(of: parent)
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
    try chmod(parent, 0o755)
  }

  static func chmod(_ path: String, _ mode: UInt16) throws {
    try FileManager.default.setAttributes([.posixPermissions: Int(mode)], ofItemAtPath: path)
  }
}

/// `path` is absolute, as in the installed system.
package func file(_ path: String, mode: UInt16 = 0o644, _ text: String) -> FixtureContent {
  .file(path: path, mode: mode, text: text)
}

package func directory(_ path: String, mode: UInt16 = 0o755) -> FixtureContent {
  .directory(path: path, mode: mode)
}

package func symbolicLink(_ path: String, to target: String) -> FixtureContent {
  .symbolicLink(path: path, target: target)
}

package func hardLink(_ path: String, to target: String) -> FixtureContent {
  .hardLink(path: path, target: target)
}

package func fifo(_ path: String, mode: UInt16 = 0o644) -> FixtureContent { .fifo(path: path, mode: mode) }

package func copy(_ path: String, mode: UInt16 = 0o644, from source: String) -> FixtureContent {
  .copy(path: path, mode: mode, source: source)
}

/// Lines of the control file `triggers`.
package func triggers(_ lines: String...) -> FixtureContent {
  .control(name: "triggers", mode: 0o644, text: lines.map { $0 + "\n" }.joined())
}

/// A maintainer script; `text` follows `#!/bin/sh` and `set -e`.
package func preinst(_ text: String) -> FixtureContent { script("preinst", text) }
package func postinst(_ text: String) -> FixtureContent { script("postinst", text) }
package func prerm(_ text: String) -> FixtureContent { script("prerm", text) }
package func postrm(_ text: String) -> FixtureContent { script("postrm", text) }

package func conffiles(_ paths: String...) -> FixtureContent {
  .control(name: "conffiles", mode: 0o644, text: paths.map { $0 + "\n" }.joined())
}

private func script(_ name: String, _ text: String) -> FixtureContent {
  .control(name: name, mode: 0o755, text: "#!/bin/sh\nset -e\n\(text)\n")
}

/// Lists things one below the other, with loops and conditions between them.
@resultBuilder package enum FixtureBuilder<Element> {
  package static func buildExpression(_ element: Element) -> [Element] { [element] }
  package static func buildExpression(_ elements: [Element]) -> [Element] { elements }
  package static func buildBlock(_ parts: [Element]...) -> [Element] { parts.flatMap { $0 } }
  package static func buildArray(_ parts: [[Element]]) -> [Element] { parts.flatMap { $0 } }
  package static func buildOptional(_ part: [Element]?) -> [Element] { part ?? [] }
  package static func buildEither(first: [Element]) -> [Element] { first }
  package static func buildEither(second: [Element]) -> [Element] { second }
}
