import BuildModel
import Diagnosis
import Json

extension Rendering {
  /// One line a change, for review.
  static func lockDifference(_ difference: LockfileDifference, style: Style) -> String {
    if difference.isEmpty { return "nothing would change\n" }
    var text = ""
    for architecture in difference.architectures {
      let counts = LockfileDifference.Direction.inOrder.compactMap { direction in
        let count = architecture.changes.count { $0.direction == direction }
        return count == 0 ? nil : "\(count) \(direction.rawValue)"
      }
      let growth = architecture.growth
      text += "\(style.paint(.cyan, architecture.name)): \(counts.joined(separator: ", "))"
      text += growth == 0 ? "\n" : "; \(bytes(abs(growth))) \(growth > 0 ? "more" : "less") to download\n"
      text += table(architecture.changes.map(row))
    }
    if !difference.releases.isEmpty {
      text += "\(style.paint(.cyan, "package lists"))\n"
      text += table(difference.releases.map { [$0.direction.rawValue, $0.name, versions(of: $0)] })
    }
    return text
  }

  private static func row(_ change: LockfileDifference.Change) -> [String] {
    [
      change.direction.rawValue, change.kind, change.name, versions(of: change), bytes(change.size),
      change.neededBy.map { "needed by \($0)" } ?? "",
    ]
  }

  private static func versions(of change: LockfileDifference.Change) -> String {
    [change.before, change.after].compactMap { $0 }.joined(separator: " -> ")
  }
}

extension LockfileDifference.Direction {
  fileprivate static let inOrder: [LockfileDifference.Direction] = [.up, .down, .same, .new, .gone]
}

extension LockfileDifference {
  var json: JSONText {
    .object([
      ("releases", .array(releases.map(LockfileDifference.json))),
      (
        "architectures",
        .object(
          architectures.map { architecture in
            (
              architecture.name,
              .object([
                ("growth", .number(architecture.growth)),
                ("changes", .array(architecture.changes.map(LockfileDifference.json))),
              ])
            )
          })
      ),
    ])
  }

  private static func json(_ change: Change) -> JSONText {
    func text(_ value: String?) -> JSONText { value.map(JSONText.string) ?? .null }
    return .object([
      ("direction", .string(change.direction.rawValue)), ("kind", .string(change.kind)),
      ("name", .string(change.name)), ("before", text(change.before)), ("after", text(change.after)),
      ("size", .number(change.size)), ("needed_by", text(change.neededBy)),
    ])
  }
}
