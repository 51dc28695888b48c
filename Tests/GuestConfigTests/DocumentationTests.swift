import Glibc
import GuestConfig
import Testing

@Suite struct DocumentationTests {
  @Test func `docs and code list the same keys, types and defaults`() throws {
    let read = ConfigKey.all.map { "\($0.file): \($0.path), \($0.type), \($0.fallback)" }
    #expect(try documented() == read)
  }

  @Test func `every key is listed once`() {
    let names = ConfigKey.all.map { "\($0.file) \($0.path)" }
    #expect(Set(names).count == names.count)
    #expect(names.contains("build.toml build.apt.sources.signed_by"))
  }

  /// The rows of the tables below the headings that name a file.
  private func documented() throws -> [String] {
    var rows: [String] = []
    var file = ""
    for line in try text(of: "docs/config.md").split(separator: "\n") {
      if line.hasPrefix("## `") { file = String(line.dropFirst(4).dropLast()) }
      guard !file.isEmpty, line.hasPrefix("| `") else { continue }
      let cells = line.split(separator: "|").map { cell in
        String(cell.drop { $0 == " " || $0 == "`" }.trimmingSuffix { $0 == " " || $0 == "`" })
      }
      rows.append("\(file): \(cells[0]), \(cells[1]), \(cells[2])")
    }
    return rows
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return text
  }
}

/// A path in the repository.
func repository(_ path: String) -> String {
  "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + path
}

func text(of path: String) throws -> String {
  let file = try #require(fopen(repository(path), "r"), "\(path)")
  defer { fclose(file) }
  var text: [UInt8] = []
  while case let byte = getc(file), byte != EOF { text.append(UInt8(byte)) }
  return String(decoding: text, as: UTF8.self)
}
