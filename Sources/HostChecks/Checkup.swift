import Json

/// All checks of a host, and the count of their verdicts.
package struct Checkup: Sendable, Equatable {
  package var checks: [Check]

  package init(_ checks: [Check]) { self.checks = checks }

  package func count(_ verdict: Check.Verdict) -> Int { checks.count { $0.verdict == verdict } }

  package var json: JSONText {
    .object([
      ("checks", .array(checks.map(\.json))),
      ("passed", .number(Int64(count(.pass)))),
      ("warned", .number(Int64(count(.warn)))),
      ("failed", .number(Int64(count(.fail)))),
    ])
  }
}

extension Check {
  fileprivate var json: JSONText {
    .object([
      ("section", .string(section.rawValue)),
      ("verdict", .string(verdict.rawValue)),
      ("detail", .string(detail)),
      ("causes", .array(causes.map(JSONText.string))),
      ("fixes", .array(fixes.map(JSONText.string))),
    ])
  }
}
