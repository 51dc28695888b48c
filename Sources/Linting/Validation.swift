import Diagnosis
import GuestConfig
import Json

/// A guest's config with all that was found in it.
package struct Validation: Sendable {
  package let guest: LoadedGuest
  /// Errors first, then by code, then in the order found.
  package let diagnostics: [Diagnostic]
  private let disk: ReferredFiles

  /// Reads `GUEST/config` and what it refers to. `strict` makes errors of warnings.
  package init(of guest: String, artifacts: String? = nil, strict: Bool = false) {
    self.init(LoadedGuest(loading: guest), artifacts: artifacts, strict: strict)
  }

  package init(_ guest: LoadedGuest, artifacts: String? = nil, strict: Bool = false) {
    self.guest = guest
    disk = ReferredFiles(of: guest, artifacts: artifacts)
    var diagnostics = lint(guest, disk)
    if strict {
      for index in diagnostics.indices { diagnostics[index].severity = .error }
      diagnostics = diagnostics.inOrder()
    }
    self.diagnostics = diagnostics
  }

  package var errorCount: Int { diagnostics.count { $0.severity == .error } }
  package var warningCount: Int { diagnostics.count - errorCount }
  package var passes: Bool { errorCount == 0 }

  /// The text of the file in which `position` is, where it was read.
  package func text(of file: String) -> String? {
    disk.defconfigs[file] ?? guest.text(of: file).map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: As text and JSON

  /// The last line.
  package var summary: String {
    if diagnostics.isEmpty { return "passed: config is clean" }
    return passes
      ? "\(warningCount) warning(s), 0 errors -- passed"
      : "\(errorCount) error(s), \(warningCount) warning(s)"
  }

  /// One line each, an empty line, and the summary.
  package var plainText: String {
    (diagnostics.map { $0.line + "\n" } + [diagnostics.isEmpty ? "" : "\n", summary, "\n"]).joined()
  }

  /// A list of objects; null where there is nothing to say.
  package var json: JSONText {
    .array(
      diagnostics.map { diagnostic in
        let position = diagnostic.position
        func number(_ value: Int) -> JSONText { position.isWholeFile ? .null : .number(Int64(value)) }
        return .object([
          ("code", .string(diagnostic.code.rawValue)),
          ("severity", .string(diagnostic.severity.rawValue)),
          ("file", .string(position.file)),
          ("line", number(position.line)),
          ("column", number(position.column)),
          ("message", .string(diagnostic.message)),
          ("hint", diagnostic.hint.map(JSONText.string) ?? .null),
        ])
      })
  }
}
