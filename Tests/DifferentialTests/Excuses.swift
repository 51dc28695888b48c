import Foundation
import TestSupport

/// The differences that docs/differential.md names, one a line of its table, each for exactly one path.
struct Excuses: Sendable {
  struct Excuse: Sendable, Hashable {
    var entry: String
    /// Nil for all of them.
    var sets: [String]?
    /// "only theirs", "only ours", or an attribute.
    var difference: String
    var reason: String

    func concerns(_ set: String) -> Bool { sets?.contains(set) ?? true }
  }

  let all: [Excuse]

  /// Of lines `| entry | sets | differs in | reason |`, the first three with code in backquotes.
  init(parsing text: String) throws {
    var all: [Excuse] = []
    for line in text.split(separator: "\n") where line.hasPrefix("| `/") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4 else { throw CannotCompare(description: "differential.md: not four cells: \(line)") }
      func codes(_ cell: String) -> [String] {
        cell.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
      }
      for difference in codes(cells[2]) {
        all.append(
          Excuse(
            entry: cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`")),
            sets: cells[1] == "all" ? nil : codes(cells[1]), difference: difference, reason: cells[3]))
      }
    }
    self.all = all
  }

  static let documented = Result {
    let path = "\(BuildSite.repository)/docs/differential.md"
    return try Excuses(parsing: String(decoding: contents(ofFile: path) ?? [], as: UTF8.self))
  }
}
