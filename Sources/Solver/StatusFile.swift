/// The status file that dpkg would have written after installing packages.
enum StatusFile {
  /// What only a Packages file says of a package.
  private static let indexFields: Set<String> = [
    "filename", "size", "md5sum", "sha1", "sha256", "sha512", "description-md5", "status",
  ]

  /// `paragraphs` as they are in Packages files, by name: dpkg sorts them.
  static func text(of paragraphs: [(name: String, paragraph: String)]) -> String {
    paragraphs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      .map { installed($0.paragraph) }.joined(separator: "\n")
  }

  private static func installed(_ paragraph: String) -> String {
    var lines: [Substring] = []
    var keeps = true
    for line in paragraph.split(separator: "\n") {
      if line.first != " ", line.first != "\t" {
        keeps = !indexFields.contains(line.prefix { $0 != ":" }.lowercased())
      }
      if keeps { lines.append(line) }
    }
    // dpkg has Status behind Package.
    lines.insert("Status: install ok installed", at: min(1, lines.count))
    return lines.joined(separator: "\n") + "\n"
  }
}
