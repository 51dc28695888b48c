import CToml
import Diagnosis

/// A parsed TOML 1.0 document: plain values, independent of the parser.
package struct TomlDocument: Sendable, Equatable {
  package var root: TomlTable

  /// Parses `bytes`; `file` only names them in positions. Refuses, with their position, syntax errors,
  /// duplicate keys, NUL bytes, text that is not UTF-8, a byte order mark, and values nested deeper
  /// than 32 or keys of more than 16 parts.
  package init(parsing bytes: [UInt8], file: String) throws(TomlProblem) {
    var failure = ctoml_failure()
    let document = bytes.withUnsafeBytes { buffer in
      ctoml_parse(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, &failure)
    }
    guard let document else {
      let position = SourcePosition(failure.position, in: file)
      throw TomlProblem(TomlDocument.reason(of: failure), at: position)
    }
    defer { ctoml_free(document) }
    var count = 0
    let nodes = UnsafeBufferPointer(start: ctoml_nodes(document, &count), count: count)
    var reader = NodeReader(nodes: nodes, file: file)
    guard case .table(let root) = reader.next().content else {
      preconditionFailure("the root of a TOML document is a table")
    }
    self.root = root
  }

  package init(parsing text: String, file: String) throws(TomlProblem) {
    try self.init(parsing: Array(text.utf8), file: file)
  }

  /// toml++'s message without its preamble and the names of its macros.
  private static func reason(of failure: ctoml_failure) -> String {
    var failure = failure
    var reason = withUnsafeBytes(of: &failure.message) { message in
      String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
    }
    if reason.hasPrefix("Error while parsing "), let colon = reason.firstIndex(of: ":") {
      reason = String(reason[reason.index(after: colon)...].drop { $0 == " " })
    }
    if reason.hasSuffix(")"), let macro = reason.lastIndex(of: "("),
      reason[macro...].hasPrefix("(TOML_")
    {
      reason = String(reason[..<macro])
    }
    while reason.last?.isWhitespace == true { reason.removeLast() }
    // A character that cannot be printed is quoted as it is.
    return String(
      reason.unicodeScalars.map { $0.value < 0x20 ? "?" : Character($0) })
  }
}

/// Walks the flat list of nodes, in which children follow their parent.
private struct NodeReader {
  let nodes: UnsafeBufferPointer<ctoml_node>
  let file: String
  var index = 0

  mutating func next() -> TomlValue {
    let node = nodes[index]
    index += 1
    let position = SourcePosition(node.position, in: file)
    let content: TomlValue.Content =
      switch node.kind {
      case CTOML_TABLE: .table(table(of: node.children, at: position))
      case CTOML_ARRAY: .array(list(of: node.children))
      case CTOML_STRING: .string(String(node.text))
      case CTOML_INTEGER: .integer(node.integer)
      case CTOML_FLOAT: .float(node.floating)
      case CTOML_BOOLEAN: .boolean(node.boolean)
      default: .dateTime(String(node.text))
      }
    return TomlValue(content, at: position)
  }

  mutating func table(of count: Int, at position: SourcePosition) -> TomlTable {
    var entries: [TomlTable.Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      let node = nodes[index]
      let keyPosition = SourcePosition(node.key_position, in: file)
      entries.append(.init(key: String(node.key), keyPosition: keyPosition, value: next()))
    }
    return TomlTable(entries: entries, position: position)
  }

  mutating func list(of count: Int) -> [TomlValue] {
    var values: [TomlValue] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(next()) }
    return values
  }
}

extension String {
  fileprivate init(_ text: ctoml_text) {
    let bytes = UnsafeRawBufferPointer(start: text.bytes, count: text.size)
    self.init(decoding: bytes, as: UTF8.self)
  }
}

extension SourcePosition {
  fileprivate init(_ position: ctoml_position, in file: String) {
    self.init(file: file, line: Int(max(position.line, 1)), column: Int(max(position.column, 1)))
  }
}
