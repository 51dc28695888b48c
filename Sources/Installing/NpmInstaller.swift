import BuildModel
import Diagnosis
import FileTree
import Glibc
import Json

/// Puts an npm registry's packages under a prefix, where `npm install -g` would put them: trees of
/// `node_modules` below `lib`, commands in `bin`, manual pages in `share/man`. npm itself does not run, and neither do packages'
/// scripts.
package struct NpmInstaller: Sendable {
  private let root: CInt
  private let prefix: TreePath
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's.
  package init(root: CInt, prefix: TreePath, modified: Timestamp) {
    self.root = root
    self.prefix = prefix
    self.modified = modified
  }

  /// The directory of a prefix in which `node_modules` lies.
  package static func library(of prefix: TreePath) -> TreePath { prefix.appending("lib".utf8) }

  /// `packages` in the order of their places. `open` gives each one's tarball; it is called from several
  /// threads. The tree does not depend on `threads`.
  package func install(
    _ packages: [LockedNpmPackage], threads: Int,
    open: @escaping @Sendable (LockedNpmPackage) throws -> Descriptor
  ) throws {
    var writer = TreeWriter(root: root)
    for package in packages { try writer.makeDirectories(directory(of: package), modified: modified) }
    try Parallel.forEach(packages.count, threads: threads) { index in
      let package = packages[index]
      let content = try open(package)
      try NpmTarball(name: "\(package.name) \(package.version)", descriptor: content.raw)
        .unpack(into: directory(of: package), of: root, modified: modified)
    }
    var links: [TreePath: TreePath] = [:]
    for package in packages { try link(package, &writer, &links) }
    for package in packages {
      try linkBundled(in: directory(of: package), besides: Set(packages.map(directory)), &writer, &links)
    }
  }

  private func directory(of package: LockedNpmPackage) -> TreePath {
    NpmInstaller.library(of: prefix).appending(package.place.utf8)
  }

  // MARK: Commands

  private func link(
    _ package: LockedNpmPackage, _ writer: inout TreeWriter, _ links: inout [TreePath: TreePath]
  ) throws {
    let directory = directory(of: package)
    // What lies at the top is global, and the commands of what was asked for are for everybody. What else
    // lies there is a peer of that.
    let isGlobal = NpmPlace(package.place)?.outer == nil
    if isGlobal && !package.requested { return }
    let place = isGlobal ? prefix.appending("bin".utf8) : modules(around: directory).appending(".bin".utf8)
    for (command, path) in package.commands.sorted(by: { $0.key < $1.key }) {
      let link = place.appending(command.utf8)
      if let other = links[link] {
        // Inside a package the first one counts, as with npm.
        if !isGlobal { continue }
        throw Report(
          "cannot link the command \(command) of the npm package \(package.name): \(other) has that name, too",
          hints: ["leave one of the two packages out"])
      }
      if try make(link, to: directory.appending(path.utf8), &writer) { links[link] = directory }
    }
    // npm looks at the manual pages of packages that have commands, and at no others'.
    if isGlobal && !package.commands.isEmpty { try linkManuals(of: directory, &writer, &links) }
  }

  private func linkManuals(
    of package: TreePath, _ writer: inout TreeWriter, _ links: inout [TreePath: TreePath]
  ) throws {
    for page in try NpmManuals.pages(of: package, writer) {
      let link = prefix.appending("share/man".utf8).appending(page.link.bytes)
      let target = package.appending(page.path.bytes)
      // Of two pages of one name the first counts, as with npm.
      guard links[link] == nil, try writer.status(target) != nil else { continue }
      try makeLink(link, to: target, &writer)
      links[link] = package
    }
  }

  /// The directory `node_modules` in which a package lies, perhaps by way of a scope's.
  private func modules(around directory: TreePath) -> TreePath {
    directory.parent.name.first == UInt8(ascii: "@") ? directory.parent.parent : directory.parent
  }

  /// False when the package lacks what its command is to run, which npm passes over.
  private func make(_ link: TreePath, to target: TreePath, _ writer: inout TreeWriter) throws -> Bool {
    guard let status = try writer.status(target), status.st_mode & S_IFMT == S_IFREG else { return false }
    try makeLink(link, to: target, &writer)
    try writer.setMode(0o755, of: target)
    try withoutCarriageReturn(target, &writer)
    return true
  }

  private func makeLink(_ link: TreePath, to target: TreePath, _ writer: inout TreeWriter) throws {
    try writer.makeDirectories(link.parent, modified: modified)
    let text = NpmInstaller.relative(target, from: link.parent)
    try writer.makeSymbolicLink(
      FileEntry(path: link, kind: .symbolicLink(target: text), mode: 0o777, modified: modified), target: text)
  }

  /// A script that was written on Windows names its interpreter with a carriage return behind it, which
  /// no kernel finds.
  private func withoutCarriageReturn(_ path: TreePath, _ writer: inout TreeWriter) throws {
    guard let status = try writer.status(path), status.st_size < NpmInstaller.largestScript,
      let bytes = try writer.read(path), bytes.starts(with: "#!".utf8),
      let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end > 2, bytes[end - 1] == UInt8(ascii: "\r")
    else { return }
    let text = Array(bytes[..<(end - 1)] + bytes[end...])
    try writer.replaceFile(path, with: text, mode: 0o755, modified: modified)
  }

  private static let largestScript = 16 << 20

  private static func relative(_ target: TreePath, from directory: TreePath) -> [UInt8] {
    let (to, from) = (target.bytes.split(separator: 47), directory.bytes.split(separator: 47))
    let common = zip(to, from).prefix { $0 == $1 }.count
    let parts = Array(repeating: Array("..".utf8)[...], count: from.count - common) + to[common...]
    return Array(parts.joined(separator: CollectionOfOne(47)))
  }

  // MARK: Bundled packages

  /// Packages that came inside another's tarball have commands, too, which their package.json names.
  private func linkBundled(
    in directory: TreePath, besides known: Set<TreePath>, _ writer: inout TreeWriter,
    _ links: inout [TreePath: TreePath]
  ) throws {
    let modules = directory.appending("node_modules".utf8)
    for name in try writer.list(modules) where name.first != UInt8(ascii: ".") {
      let path = modules.appending(name)
      let packages =
        name.first == UInt8(ascii: "@") ? try writer.list(path).map { path.appending($0) } : [path]
      for package in packages where !known.contains(package) {
        for (command, inside) in try commands(of: package, writer) {
          let link = modules.appending(".bin".utf8).appending(command.utf8)
          if links[link] == nil, try make(link, to: package.appending(inside.bytes), &writer) {
            links[link] = package
          }
        }
        try linkBundled(in: package, besides: known, &writer, &links)
      }
    }
  }

  /// From package.json's `bin`: one path for a command of the package's name, or a path for each.
  private func commands(of package: TreePath, _ writer: borrowing TreeWriter) throws -> [(
    name: String, path: TreePath
  )] {
    guard let text = try writer.read(package.appending("package.json".utf8)),
      let json = try? JSONValue(parsing: text)
    else { return [] }
    var commands = json["bin"]?.members?.compactMapValues(\.string) ?? [:]
    if let path = json["bin"]?.string, let name = json["name"]?.string { commands = [name: path] }
    return commands.compactMap { command, path in
      let name = command.split(separator: "/").last.map(String.init) ?? ""
      guard let path = TreePath(path), !path.isRoot, TreePath(name)?.isRoot == false else { return nil }
      return (name, path)
    }.sorted { $0.name < $1.name }
  }
}
