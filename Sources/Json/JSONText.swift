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

  /// The same on one line, for protocols in which a line is a message.
  package var line: String {
    switch self {
    case .array(let items): "[" + items.map(\.line).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { JSONText.quoted($0.0) + ":" + $0.1.line }.joined(separator: ",") + "}"
    default: rendered()
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
      // The last of them are controls, too, and move a terminal's cursor.
      case _ where scalar.value < 32 || (127...159).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension JSONValue {
  /// The same document, members sorted by name.
  package var text: JSONText {
    switch self {
    case .null: .null
    case .boolean(let value): .boolean(value)
    case .number(let number):
      number.rounded() == number && abs(number) < 1e15 ? .number(Int64(number)) : .decimal(number)
    case .string(let text): .string(text)
    case .array(let elements): .array(elements.map(\.text))
    case .object(let members): .object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) })
    }
  }
}
