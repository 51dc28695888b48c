/// A JSON document as it was read: members by name, without their order; of two with one name the later
/// counts. For writing, see `JSONText`.
package enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// A member of an object; nil when there is none, or when this is no object.
  package subscript(name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  package var string: String? { if case .string(let text) = self { text } else { nil } }
  package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  package var members: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }
  package var isNull: Bool { self == .null }

  /// What it is, for a message that says what was found.
  package var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a truth value"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// Why text is not JSON, and where.
package struct JSONProblem: Error, Sendable, Equatable {
  /// "expected a value, found \"]\""
  package var reason: String
  /// From 1.
  package var line: Int
  /// From 1, in bytes.
  package var column: Int

  package init(reason: String, line: Int, column: Int) {
    self.reason = reason
    self.line = line
    self.column = column
  }
}
