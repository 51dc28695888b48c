/// An error that a person can act on. Rendered in one place, `Commands/Terminal`.
package protocol Diagnosable: Error {
  /// "cannot <verb> <object>: <cause>", lower case, no full stop; expected and found values in place.
  var summary: String { get }
  /// What lies behind the summary, one line each; empty when the summary says it all.
  var causes: [String] { get }
  /// The path of a log that shows more.
  var log: String? { get }
  /// What to do about it, one remedy a line.
  var hints: [String] { get }
}

extension Diagnosable {
  package var causes: [String] { [] }
  package var log: String? { nil }
  package var hints: [String] { [] }
}

/// A diagnosis as a plain value: it crosses from the worker to the outer process, and into `--json`.
package struct Report: Diagnosable, Codable, Equatable {
  package var summary: String
  package var causes: [String]
  package var log: String?
  package var hints: [String]

  package init(_ summary: String, causes: [String] = [], log: String? = nil, hints: [String] = []) {
    self.summary = summary
    self.causes = causes
    self.log = log
    self.hints = hints
  }

  /// A defect of this program, and not of what it was given.
  package var isDefect: Bool { summary.hasPrefix("internal error") }

  /// The report of any error; one that is not `Diagnosable` is a defect of ours and says so. Names of archives
  /// and words of programs stand in errors as they are: from here on they are one line each, and harmless.
  package init(of error: any Error) {
    if let error = error as? any Diagnosable {
      self.init(
        error.summary.harmlessLine, causes: error.causes.map(\.harmlessLine), log: error.log?.harmlessLine,
        hints: error.hints.map(\.harmlessLine))
    } else {
      self.init("internal error: \(error)".harmlessLine)
    }
  }
}
