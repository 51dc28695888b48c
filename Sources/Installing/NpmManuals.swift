import FileTree
import Glibc
import Json

/// The manual pages that a package of npm names in its package.json: in `man`, else all that lie below
/// `directories.man`. A registry tells npm of them in this form, for npm brings them into it when the
/// package is published.
struct NpmManuals {
  struct Page: Equatable {
    /// Inside the package.
    var path: TreePath
    /// Below `share/man`: "man1/acme.1".
    var link: TreePath
  }

  /// In their order; without what is no manual's name. Whether the files are there is not looked at.
  static func pages(of package: TreePath, _ writer: borrowing TreeWriter) throws -> [Page] {
    guard let text = try writer.read(package.appending("package.json".utf8)),
      let json = try? JSONValue(parsing: text)
    else { return [] }
    var names = json["man"]?.array?.compactMap(\.string) ?? []
    if let name = json["man"]?.string { names = [name] }
    if json["man"] == nil, let name = json["directories"]?["man"]?.string, let directory = path(name) {
      let places = try below(package.appending(directory.bytes), writer)
      return places.compactMap { page(TreePath(unchecked: Array($0.bytes[(package.bytes.count + 1)...]))) }
    }
    return names.compactMap { path($0).flatMap(page) }
  }

  /// What a package names stays inside of it: `..` ends at its own directory.
  private static func path(_ name: String) -> TreePath? {
    var parts: [Substring] = []
    for part in name.split(whereSeparator: { "/\\:".contains($0) }) where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return TreePath(parts.joined(separator: "/")).flatMap { $0.isRoot ? nil : $0 }
  }

  /// A name ends with its section, perhaps compressed: "acme.1", "acme.5.gz".
  private static func page(_ path: TreePath) -> Page? {
    let name = String(decoding: path.name, as: UTF8.self)
    guard let section = name.firstMatch(of: /\.([0-9]+)(\.gz)?$/)?.1 else { return nil }
    return TreePath("man\(section)/\(name)").map { Page(path: path, link: $0) }
  }

  /// Files of one section's digit, at any depth, sorted.
  private static func below(_ directory: TreePath, _ writer: borrowing TreeWriter) throws -> [TreePath] {
    try writer.list(directory)
      .filter { $0.first != UInt8(ascii: ".") }.flatMap { name in
        let path = directory.appending(name)
        let isPage =
          name.count > 2 && name[name.count - 2] == UInt8(ascii: ".") && (48...57).contains(name.last!)
        return try isPage ? [path] : below(path, writer)
      }
  }
}
