import Diagnosis
import FileTree
import Glibc

/// Makes a program's commands reachable: links in `/usr/local/bin` to files that were installed under
/// its prefix.
package struct ProviderLinks: Sendable {
  /// The key of the provider or package set in the config; it stands in errors.
  package var provider: String
  /// The directory that the links' paths begin at.
  package var base: TreePath
  /// Name in `/usr/local/bin`, and path below `base`; in the config's order.
  package var links: [(name: String, path: String)]
  /// Names of what was installed, for errors.
  package var packages: [String]

  package init(
    provider: String, base: TreePath, links: [(name: String, path: String)], packages: [String]
  ) {
    self.provider = provider
    self.base = base
    self.links = links
    self.packages = packages
  }

  /// Each target must be a regular file; one that is not executable becomes so. `root` stays the
  /// caller's.
  package func make(in root: CInt, modified: Timestamp) throws {
    if links.isEmpty { return }
    var writer = TreeWriter(root: root)
    try writer.makeDirectories("usr/local/bin", modified: modified)
    for (name, path) in links {
      guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), name.utf8.count <= 255 else {
        throw failure(name, "expected a plain file name, found \"\(name)\"")
      }
      guard let relative = TreePath(path), !relative.isRoot, !path.hasPrefix("/") else {
        throw failure(name, "expected a path inside the installed package, found \"\(path)\"")
      }
      let target = base.appending(relative.bytes)
      guard let status = try writer.status(target) else {
        throw failure(name, "\(target) does not exist", hints: try near(relative, &writer))
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw failure(name, "\(target) is not a regular file", hints: try near(relative, &writer))
      }
      if status.st_mode & 0o111 != 0o111 { try writer.setMode(0o755, of: target) }
      let link = TreePath(stringLiteral: "usr/local/bin").appending(name.utf8)
      if try writer.exists(link) { throw failure(name, "\(link) exists already") }
      let text = Array("/".utf8) + target.bytes
      try writer.makeSymbolicLink(
        FileEntry(path: link, kind: .symbolicLink(target: text), mode: 0o777, modified: modified),
        target: text)
    }
    try writer.setTime(modified, of: "usr/local/bin")
  }

  private func failure(_ name: String, _ cause: String, hints: [String] = []) -> Report {
    Report(
      "cannot link \(name) of \(provider): \(cause)",
      causes: packages.isEmpty ? [] : ["installed: \(packages.joined(separator: ", "))"], hints: hints)
  }

  /// What the nearest directory that exists holds, and where the same name lies elsewhere.
  private func near(_ path: TreePath, _ writer: inout TreeWriter) throws -> [String] {
    var hints: [String] = []
    var directory = path.parent
    func absolute(_ path: TreePath) -> TreePath {
      path.isRoot ? base : base.appending(path.bytes)
    }
    while !directory.isRoot, try writer.kind(absolute(directory)) != S_IFDIR { directory = directory.parent }
    let names = try writer.list(absolute(directory)).prefix(20).map { String(decoding: $0, as: UTF8.self) }
    if !names.isEmpty { hints.append("\(absolute(directory)) holds \(names.joined(separator: ", "))") }
    let same = try find(path.name, below: base, &writer)
    if !same.isEmpty {
      hints.append("files of that name: \(same.prefix(5).map(\.description).joined(separator: ", "))")
    }
    return hints
  }

  private func find(
    _ name: ArraySlice<UInt8>, below directory: TreePath, _ writer: inout TreeWriter
  ) throws -> [TreePath] {
    var found: [TreePath] = []
    for entry in try writer.list(directory) {
      let path = directory.appending(entry)
      if try writer.kind(path) == S_IFDIR {
        found += try find(name, below: path, &writer)
      } else if entry.elementsEqual(name) {
        found.append(TreePath(unchecked: Array(path.bytes.dropFirst(base.bytes.count + 1))))
      }
    }
    return found
  }
}
