import FileTree

/// A wheel's `RECORD`: one CSV row a file with name, digest and size (PEP 376, PEP 427).
package struct WheelRecord: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package var path: String
    /// Nil for RECORD itself and its signatures.
    package var digest: Digest?
    package var size: Int64?

    package init(path: String, digest: Digest?, size: Int64?) {
      self.path = path
      self.digest = digest
      self.size = size
    }
  }

  package var rows: [Row]

  package init(rows: [Row]) { self.rows = rows }

  /// `wheel` stands in errors. Digests other than SHA-256 are refused.
  package init(parsing bytes: [UInt8], wheel: String) throws(WheelError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WheelError(wheel, "RECORD is not UTF-8")
    }
    rows = []
    for fields in try WheelRecord.fields(of: text, wheel: wheel) {
      guard fields.count == 3, !fields[0].isEmpty else {
        throw WheelError(
          wheel, "RECORD has a row that is not name, digest, size: \"\(fields.joined(separator: ","))\"")
      }
      var digest: Digest?
      if !fields[1].isEmpty {
        let parts = fields[1].split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0] == "sha256", let bytes = Base64.urlSafe.bytes(of: parts[1]),
          let decoded = Digest(hex: Digest.hex(bytes))
        else {
          throw WheelError(wheel, "RECORD has a digest of \(fields[0]) that is not SHA-256: \(fields[1])")
        }
        digest = decoded
      }
      var size: Int64?
      if !fields[2].isEmpty {
        guard let number = Int64(fields[2]), number >= 0 else {
          throw WheelError(wheel, "RECORD has a size of \(fields[0]) that is not a number: \(fields[2])")
        }
        size = number
      }
      rows.append(Row(path: fields[0], digest: digest, size: size))
    }
  }

  /// As uv writes it: sorted by name, quoted where needed, one `\n` after each row.
  package var text: String {
    var text = ""
    for row in rows.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      let quoted =
        row.path.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        ? "\"" + row.path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
          + "\"" : row.path
      let digest = row.digest.map { "sha256=" + Base64.urlSafe.text(of: $0.bytes) } ?? ""
      text += "\(quoted),\(digest),\(row.size.map(String.init) ?? "")\n"
    }
    return text
  }

  private static func fields(of text: String, wheel: String) throws(WheelError) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var isQuoted = false
    var rest = Substring(text)
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"":
        rest.removeFirst()
        field.append("\"")
      case "\"" where isQuoted: isQuoted = false
      case "\"" where field.isEmpty: isQuoted = true
      case "," where !isQuoted:
        row.append(field)
        field = ""
      case "\n" where !isQuoted, "\r\n" where !isQuoted:
        if !row.isEmpty || !field.isEmpty { rows.append(row + [field]) }
        row = []
        field = ""
      default: field.append(character)
      }
    }
    if isQuoted { throw WheelError(wheel, "RECORD ends inside a quoted name") }
    if !row.isEmpty || !field.isEmpty { rows.append(row + [field]) }
    return rows
  }
}
