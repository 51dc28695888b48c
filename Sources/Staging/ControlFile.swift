/// One stanza of a Debian control file (deb-control(5)): fields in the order as written, each with its
/// continuation lines.
package struct ControlFile: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package var name: String
    /// The text behind the colon, continuation lines with their leading blank, without a final newline.
    package var value: String
  }

  package var fields: [Field]

  /// Nil for text that is not one stanza.
  package init?(_ text: String) {
    var fields: [Field] = []
    var names: Set<String> = []
    var ended = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\r" }) {
        // Blank lines may only follow the stanza.
        ended = !fields.isEmpty
        continue
      }
      if ended { return nil }
      if line.first == " " || line.first == "\t" {
        guard !fields.isEmpty else { return nil }
        fields[fields.count - 1].value += "\n" + line
      } else {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
        guard names.insert(line[..<colon].lowercased()).inserted else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append(Field(name: String(line[..<colon]), value: String(value)))
      }
    }
    if fields.isEmpty { return nil }
    self.fields = fields
  }

  /// Field names are compared without regard to case.
  package subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// A relation of a `Replaces` field: a name, with a version bound or without.
struct Relation: Equatable {
  var name: String
  var bound: (operation: String, version: String)?

  /// The relations of a comma-separated field; what is between `|` counts each.
  static func list(_ text: String?) -> [Relation] {
    guard let text else { return [] }
    return text.split(whereSeparator: { $0 == "," || $0 == "|" }).compactMap { item in
      let words = item.split(separator: "(", maxSplits: 1)
      let blanks = { (character: Character) in character.isWhitespace || character == ")" }
      guard let first = words.first?.split(whereSeparator: blanks).first else { return nil }
      let name = first.split(separator: ":").first ?? first
      guard words.count == 2 else { return Relation(name: String(name), bound: nil) }
      let bound = words[1].filter { !blanks($0) }
      let operation = bound.prefix { "<=>".contains($0) }
      return Relation(
        name: String(name), bound: (String(operation), String(bound.dropFirst(operation.count))))
    }
  }

  static func == (a: Relation, b: Relation) -> Bool {
    a.name == b.name && a.bound?.operation == b.bound?.operation && a.bound?.version == b.bound?.version
  }
}
