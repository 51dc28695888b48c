import Foundation
import TestSupport
import Testing

/// `docs/reproducibility.md`: what is known to make two builds differ, and what became of it.
@Suite struct LeaksTests {
  private struct Row {
    var number: Int
    var leak, closing, showing: Substring
  }

  private func rows() throws -> [Row] {
    let page = try #require(try contents(ofFile: "\(BuildSite.repository)/docs/reproducibility.md"))
    return try String(decoding: page, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard line.hasPrefix("| "), !line.hasPrefix("| # |") else { return nil }
      let cells = line.dropFirst(2).dropLast(2).split(separator: " | ", omittingEmptySubsequences: false)
      try #require(cells.count == 4, "\(line)")
      return Row(number: try #require(Int(cells[0])), leak: cells[1], closing: cells[2], showing: cells[3])
    }
  }

  private func quoted(_ text: Substring) -> [String] {
    text.matches(of: /`([^`]+)`/).map { String($0.output.1) }
  }

  private static let all = "gives the same image under all circumstances"

  /// The names of every test in the sources.
  private func tests() throws -> Set<String> {
    let directory = "\(BuildSite.repository)/Tests"
    var names: Set<String> = []
    for file in try files(below: directory) where file.hasSuffix(".swift") {
      let text = String(decoding: try contents(ofFile: "\(directory)/\(file)") ?? [], as: UTF8.self)
      for match in text.matches(of: /func `([^`]+)`\(/) { names.insert(String(match.output.1)) }
    }
    return names
  }

  @Test func `every leak has its row, and none is open`() throws {
    let rows = try rows()
    #expect(rows.count >= 66)
    #expect(rows.map(\.number) == Array(1...rows.count))
    #expect(Set(rows.map(\.leak)).count == rows.count)
    for row in rows {
      #expect(!row.leak.isEmpty && !row.closing.isEmpty, "\(row.number)")
      for word in ["open", "todo", "later", "not yet"] {
        #expect(!row.closing.lowercased().contains(word), "\(row.number): \(row.closing)")
      }
    }
  }

  @Test func `every test that the page names is in the sources`() throws {
    let known = try tests()
    #expect(known.contains(LeaksTests.all))
    for row in try rows() {
      let named = quoted(row.showing)
      #expect(!named.isEmpty || row.showing.contains("all circumstances"), "\(row.number)")
      for test in named { #expect(known.contains(test), "\(row.number): \(test)") }
    }
  }

  @Test func `every file and every set that the page names is there`() throws {
    let sets = Set(ReproducibilityTests.everySet.map(\.description))
    for row in try rows() {
      for file in quoted(row.closing) where file.contains("/") && !file.hasPrefix("/") {
        guard file.hasPrefix("Sources/") || file.hasPrefix("docs/") || file.hasPrefix("guest/") else {
          continue
        }
        #expect(try contents(ofFile: "\(BuildSite.repository)/\(file)") != nil, "\(row.number): \(file)")
      }
      guard let needed = row.showing.firstMatch(of: /all circumstances \(([^)]+)\)/) else { continue }
      for set in needed.output.1.split(separator: ", ") {
        #expect(sets.contains(String(set)), "\(row.number): \(set)")
      }
    }
  }
}
