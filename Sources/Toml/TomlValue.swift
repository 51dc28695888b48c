import Diagnosis

/// A value of a TOML document, and where it was written.
package struct TomlValue: Sendable, Equatable {
  package var content: Content
  package var position: SourcePosition

  package enum Content: Sendable, Equatable {
    case table(TomlTable)
    case array([TomlValue])
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    /// A date, a time, or both, in RFC 3339's form.
    case dateTime(String)
  }

  package init(_ content: Content, at position: SourcePosition) {
    self.content = content
    self.position = position
  }

  /// With its article, for "expected a string, found an integer".
  package var kind: String {
    switch content {
    case .table: "a table"
    case .array: "a list"
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a float"
    case .boolean: "a boolean"
    case .dateTime: "a date"
    }
  }
}

/// A table's entries in the order in which their keys first appear.
package struct TomlTable: Sendable, Equatable {
  package var entries: [Entry]
  /// Of its header or its opening brace.
  package var position: SourcePosition

  package struct Entry: Sendable, Equatable {
    package var key: String
    package var keyPosition: SourcePosition
    package var value: TomlValue
  }

  package init(entries: [Entry], position: SourcePosition) {
    self.entries = entries
    self.position = position
  }

  package subscript(key: String) -> TomlValue? { entry(key)?.value }

  package func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }
}

/// What is wrong at one place of a document: a syntax error, or a value that its reader cannot use.
package struct TomlProblem: Diagnosable, Equatable {
  package var position: SourcePosition
  /// "expected a string, found an integer"
  package var reason: String

  package init(_ reason: String, at position: SourcePosition) {
    self.reason = reason
    self.position = position
  }

  package var summary: String { "cannot read \(position): \(reason)" }
}
