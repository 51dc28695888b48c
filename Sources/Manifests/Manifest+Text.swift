extension Manifest {
  /// Two blanks a level, keys sorted, a final newline.
  package var text: String {
    let root = JSONText.object([
      ("format", .number(Int64(format))),
      (
        "assets",
        .object([
          ("current", .string(assets.current)),
          (
            "releases",
            .object(assets.releases.sorted { $0.key < $1.key }.map { ($0.key, Manifest.json($0.value)) })
          ),
        ])
      ),
      (
        "binaries",
        .object([
          ("current", .string(binaries.current)),
          (
            "releases",
            .object(binaries.releases.sorted { $0.key < $1.key }.map { ($0.key, Manifest.json($0.value)) })
          ),
        ])
      ),
    ])
    return root.rendered() + "\n"
  }

  private static func json(_ release: Release) -> JSONText {
    .object(
      [
        release.date.map { ("date", JSONText.string($0)) },
        release.deprecated.map { ("deprecated", JSONText.boolean($0)) },
        release.min_binary.map { ("min_binary", JSONText.string($0)) },
        (
          "arches",
          .object(
            release.arches.sorted { $0.key < $1.key }.map { name, files in
              (name, .object(files.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
            })
        ),
      ].compactMap { $0 })
  }

  private static func json(_ file: File) -> JSONText {
    .object([("hash", .string(file.hash)), ("size", .number(file.size))])
  }

  private static func json(_ binary: Binary) -> JSONText {
    .object(
      [
        binary.date.map { ("date", JSONText.string($0)) },
        binary.deprecated.map { ("deprecated", JSONText.boolean($0)) },
        binary.min_assets.map { ("min_assets", JSONText.string($0)) },
      ].compactMap { $0 })
  }
}

/// JSON whose bytes are ours: members in the order given.
package enum JSONText: Sendable {
  case string(String)
  case number(Int64)
  case decimal(Double)
  case boolean(Bool)
  case null
  case array([JSONText])
  case object([(String, JSONText)])

  package func rendered(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .string(let text): return JSONText.quoted(text)
    case .number(let number): return "\(number)"
    case .decimal(let number): return "\(number)"
    case .boolean(let value): return value ? "true" : "false"
    case .null: return "null"
    case .array(let items):
      if items.isEmpty { return "[]" }
      return "[\n" + items.map { inner + $0.rendered(indent: inner) }.joined(separator: ",\n")
        + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      return "{\n"
        + members.map { inner + JSONText.quoted($0.0) + ": " + $0.1.rendered(indent: inner) }.joined(
          separator: ",\n")
        + "\n\(indent)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
