import Diagnosis

/// A code in words: a section of docs/diagnostics.md, and a rule of SARIF.
package struct Explanation: Sendable {
  package var code: DiagnosticCode
  /// A few words, lower case.
  package var title: String
  /// What triggers it, and why it matters.
  package var trigger: String
  package var example: Example
  package var remedy: String

  /// A change of a sound guest that triggers the code.
  package enum Example: Sendable {
    /// A file with this text.
    case file(String, String)
    /// A file or directory that is not there.
    case absent(String)
  }

  init(_ code: DiagnosticCode, _ title: String, _ trigger: String, _ example: Example, _ remedy: String) {
    self.code = code
    self.title = title
    self.trigger = trigger
    self.example = example
    self.remedy = remedy
  }

  /// All codes, in their order.
  package static let all: [Explanation] = errors + warnings + ownWarnings

  package static func of(_ code: DiagnosticCode) -> Explanation { byCode[code]! }

  private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

  /// The section, as Markdown.
  package var text: String {
    let shown =
      switch example {
      case .file(let name, let text):
        "For example, in `\(name)`:\n\n```\(name.hasSuffix(".toml") ? "toml" : "")\n\(text)```"
      case .absent(let name): "For example: there is no `\(name)`."
      }
    return """
      ## \(code.rawValue): \(title)

      \(Explanation.filled(trigger))

      \(shown)

      \(Explanation.filled("Remedy: " + remedy))

      """
  }

  /// The whole catalogue: docs/diagnostics.md.
  package static var catalogue: String {
    """
    # Diagnostics

    What `capsem-native validate` finds. Errors keep a guest from being valid, warnings do not; with `--strict` they do.
    `capsem-native validate --explain CODE` prints one of these sections, `--explain all` this page.


    """ + all.map(\.text).joined(separator: "\n")
  }

  /// The section of one code, or everything for "all".
  package static func text(for word: String) throws(Report) -> String {
    if word == "all" { return catalogue }
    if let code = DiagnosticCode(rawValue: word.uppercased()) { return of(code).text }
    let names = DiagnosticCode.allCases.map(\.rawValue)
    throw Report(
      "there is no diagnostic \(quoted(word))",
      hints: [didYouMean(word.uppercased(), among: names) ?? "`--explain all` prints them all"])
  }

  /// Lines of at most 110 columns.
  private static func filled(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= 110 {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
