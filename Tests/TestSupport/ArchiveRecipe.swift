import Foundation

/// One section of a file in `fixtures/archives`: members of an archive that nobody honest would make, or of
/// its harmless twin, and what each reader has to make of it. `fixtures/README.md` describes the format.
package struct ArchiveRecipe: Sendable, CustomStringConvertible {
  /// What an archive is made for, and read as.
  package enum Reader: String, Sendable, CaseIterable {
    /// A Debian package, a tarball of npm, a fetched archive as tar and as zip, a tar for `pack`, a wheel.
    case deb, npm, tar, zip, pack, wheel
  }

  package struct Line: Sendable {
    package var number: Int
    package var words: [[UInt8]]
    package var content: [UInt8]?
  }

  /// "climbing-names.txt:3: a name that climbs"
  package var description: String
  package var readers: Set<Reader>
  /// A part of the error's summary; nil when the archive is to be accepted.
  package var expected: String?
  /// The members and directions, in order.
  package var lines: [Line] = []

  package var file: String

  // MARK: Reading the files

  /// Every recipe of a reader that is refused, or accepted, in the order of the files' names.
  package static func all(for reader: Reader, refused: Bool) -> [ArchiveRecipe] {
    corpus.filter { $0.readers.contains(reader) && ($0.expected != nil) == refused }
  }

  package static let corpus: [ArchiveRecipe] = {
    let directory = "\(BuildSite.repository)/fixtures/archives"
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      return try names.filter { $0.hasSuffix(".txt") }.flatMap { name in
        try recipes(in: String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8), of: name)
      }
    } catch { fatalError("\(error)") }
  }()

  private static func recipes(in text: String, of file: String) throws -> [ArchiveRecipe] {
    var recipes: [ArchiveRecipe] = []
    var title = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let place = "\(file):\(index + 1)"
      if line.isEmpty { continue }
      if line.hasPrefix("#") {
        title = line.drop { $0 == "#" || $0 == " " }.description
      } else if line.hasPrefix("  ") {
        guard !recipes.isEmpty else { throw ToolFailure(description: "\(place): a member before a verdict") }
        recipes[recipes.count - 1].lines.append(try self.line(line.dropFirst(2), index + 1, place))
      } else {
        recipes.append(try recipe(line, title: title, of: file, place))
      }
    }
    return recipes
  }

  /// "refused deb npm: a part of the message" or "accepted deb npm".
  private static func recipe(
    _ line: Substring, title: String, of file: String, _ place: String
  ) throws -> ArchiveRecipe {
    let parts = line.split(separator: ": ", maxSplits: 1)
    let words = parts[0].split(separator: " ")
    let readers = words.dropFirst().map { Reader(rawValue: String($0)) }
    let isRefused = words[0] == "refused"
    guard isRefused == (parts.count == 2), isRefused || words[0] == "accepted", !readers.isEmpty,
      !readers.contains(nil)
    else { throw ToolFailure(description: "\(place): expected a verdict, found \"\(line)\"") }
    return ArchiveRecipe(
      description: "\(place): \(title)", readers: Set(readers.compactMap { $0 }),
      expected: isRefused ? String(parts[1]) : nil, file: file)
  }

  /// Words, and behind " = " a content that goes to the end of the line.
  private static func line(_ text: Substring, _ number: Int, _ place: String) throws -> Line {
    let content = text.range(of: " = ")
    let words = text[..<(content?.lowerBound ?? text.endIndex)].split(separator: " ")
    guard !words.isEmpty else { throw ToolFailure(description: "\(place): an empty line") }
    return Line(
      number: number, words: try words.map { try RecipeText.bytes(of: $0) },
      content: try content.map { try RecipeText.bytes(of: text[$0.upperBound...]) })
  }
}

/// The text of a recipe as bytes: `\n \t \0 \\ \xff \u{301}`, and `{1000*text}` for what is repeated.
enum RecipeText {
  static func bytes(of text: Substring) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let character = rest.popFirst() {
      if character == "{", let star = rest.firstIndex(of: "*"), let count = Int(rest[..<star]),
        let end = rest.firstIndex(of: "}")
      {
        let repeated = try self.bytes(of: rest[rest.index(after: star)..<end])
        bytes +=
          repeated.count == 1
          ? Array(repeating: repeated[0], count: count)
          : Array(Array(repeating: repeated, count: count).joined())
        rest = rest[rest.index(after: end)...]
      } else if character == "\\" {
        bytes += try escaped(&rest)
      } else {
        bytes += Array(String(character).utf8)
      }
    }
    return bytes
  }

  private static func escaped(_ rest: inout Substring) throws -> [UInt8] {
    switch rest.popFirst() {
    case "n": return [0x0a]
    case "t": return [0x09]
    case "0": return [0]
    case "\\": return [0x5c]
    case "x":
      let digits = rest.prefix(2)
      rest = rest.dropFirst(2)
      if let byte = UInt8(digits, radix: 16) { return [byte] }
    case "u":
      let digits = rest.dropFirst().prefix { $0 != "}" }
      rest = rest[digits.endIndex...].dropFirst()
      if let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) {
        return Array(String(Character(scalar)).utf8)
      }
    default: break
    }
    throw ToolFailure(description: "unknown escape before \"\(rest)\"")
  }
}
