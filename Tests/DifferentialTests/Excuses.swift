import Foundation
import TestSupport

/// The differences that docs/differential.md names, one a line of its table, each for exactly one path.
struct Excuses: Sendable {
  struct Excuse: Sendable, Hashable {
    var entry: String
    var sets: [String]
    /// The sets are those that the excuse does not concern.
    var isForOthers: Bool
    /// "only theirs", "only ours", or an attribute.
    var difference: String
    var reason: String

    /// Chance decides whether the trees differ in it.
    var isAtTimes: Bool { reason.hasPrefix("At times") }

    func concerns(_ set: String) -> Bool { sets.contains(set) != isForOthers }
  }

  let all: [Excuse]

  /// Of lines `| entry | sets | differs in | reason |`, names in backquotes; sets may also be "all", or "all
  /// but" some.
  init(parsing text: String) throws {
    var all: [Excuse] = []
    for line in text.split(separator: "\n") where line.hasPrefix("| `/") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4 else {
        throw CannotCompare(description: "differential.md: not four cells: \(line)")
      }
      func codes(_ cell: String) -> [String] {
        cell.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
      }
      let others = cells[1].hasPrefix("all")
      let named =
        cells[1] == "all" ? [] : codes(others ? String(cells[1].dropFirst("all but".count)) : cells[1])
      for difference in codes(cells[2]) {
        all.append(
          Excuse(
            entry: cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`")),
            sets: named, isForOthers: others, difference: difference, reason: cells[3]))
      }
    }
    self.all = all
  }

  static let documented = Result {
    let path = "\(BuildSite.repository)/docs/differential.md"
    return try Excuses(parsing: String(decoding: contents(ofFile: path) ?? [], as: UTF8.self))
  }
}
