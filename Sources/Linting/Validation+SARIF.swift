import Diagnosis
import Json

extension Validation {
  /// SARIF 2.1.0, as code hosts take it to annotate with. Paths below `workingDirectory` are relative to it.
  package func sarif(version: String, workingDirectory: String) -> JSONText {
    let driver: JSONText = .object([
      ("name", .string("capsem-native")), ("version", .string(version)),
      ("rules", .array(Explanation.all.map(\.sarifRule))),
    ])
    let results = diagnostics.map { result($0, workingDirectory) }
    return .object([
      ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
      ("version", .string("2.1.0")),
      (
        "runs",
        .array([
          .object([
            ("tool", .object([("driver", driver)])), ("columnKind", .string("unicodeCodePoints")),
            ("results", .array(results)),
          ])
        ])
      ),
    ])
  }

  private func result(_ diagnostic: Diagnostic, _ workingDirectory: String) -> JSONText {
    let position = diagnostic.position
    let address = Validation.address(of: position.file, below: workingDirectory)
    var location: [(String, JSONText)] = [
      ("artifactLocation", .object([("uri", .string(address))]))
    ]
    if !position.isWholeFile {
      location.append(
        (
          "region",
          .object([
            ("startLine", .number(Int64(position.line))), ("startColumn", .number(Int64(position.column))),
          ])
        ))
    }
    let text = diagnostic.message + (diagnostic.hint.map { " (\($0))" } ?? "")
    return .object([
      ("ruleId", .string(diagnostic.code.rawValue)),
      ("ruleIndex", .number(Int64(DiagnosticCode.allCases.firstIndex(of: diagnostic.code) ?? 0))),
      ("level", .string(diagnostic.severity.rawValue)),
      ("message", .object([("text", .string(text))])),
      ("locations", .array([.object([("physicalLocation", .object(location))])])),
    ])
  }

  /// A URI reference: relative for what is below the working directory or named relatively.
  static func address(of file: String, below workingDirectory: String) -> String {
    var path = file[...]
    if path.hasPrefix(workingDirectory + "/") { path = path.dropFirst(workingDirectory.count + 1) }
    while path.hasPrefix("./") { path = path.dropFirst(2) }
    var address = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
      if byte.isOf("/-._~") {
        address.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        address += "%" + (byte < 16 ? "0" : "") + digits
      }
    }
    return address
  }
}

extension Explanation {
  fileprivate var sarifRule: JSONText {
    .object([
      ("id", .string(code.rawValue)),
      ("shortDescription", .object([("text", .string(title))])),
      ("fullDescription", .object([("text", .string(trigger))])),
      ("help", .object([("text", .string("Remedy: " + remedy)), ("markdown", .string(text))])),
      ("defaultConfiguration", .object([("level", .string(code.severity.rawValue))])),
    ])
  }
}
