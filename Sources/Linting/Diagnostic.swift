import Diagnosis

/// One finding in a config: what is wrong, where, and what to do about it.
package struct Diagnostic: Sendable, Equatable {
  package var code: DiagnosticCode
  /// That of the code, unless warnings are to count as errors.
  package var severity: Severity
  /// Of the very value; a whole file where one is missing.
  package var position: SourcePosition
  /// Lower case, one line, no full stop.
  package var message: String
  package var hint: String?

  package enum Severity: String, Sendable { case error, warning }

  init(_ code: DiagnosticCode, at position: SourcePosition, _ message: String, hint: String? = nil) {
    self.code = code
    self.severity = code.severity
    self.position = position
    self.message = Diagnostic.shortened(message.harmlessLine, to: 600)
    self.hint = hint.map { Diagnostic.shortened($0.harmlessLine, to: 2000) }
  }

  /// `error: [E006] guest/config/ai/acme.toml:9:12: invalid domain pattern "https://acme.example"`
  package var line: String { "\(severity.rawValue): \(report.summary)" }

  /// As a part of a longer story: a build's warnings.
  package var report: Report {
    Report("[\(code.rawValue)] \(position): \(message)".harmlessLine, hints: hint.map { [$0] } ?? [])
  }

  /// A value may be megabytes long, and messages quote it.
  private static func shortened(_ text: String, to limit: Int) -> String {
    text.utf8.count <= limit ? text : "\(text.prefix(limit / 2)) … \(text.suffix(limit / 4))"
  }
}

extension [Diagnostic] {
  /// Errors first, then by code, then in the order found.
  func inOrder() -> [Diagnostic] {
    enumerated().sorted { a, b in
      (a.element.severity == .warning ? 1 : 0, a.element.code.rawValue, a.offset)
        < (b.element.severity == .warning ? 1 : 0, b.element.code.rawValue, b.offset)
    }.map(\.element)
  }
}

/// A value as a message quotes it.
func quoted(_ text: String) -> String { "\"\(text)\"" }
