/// Fields as Debian's control files, mail headers and Python's metadata write them: `Name: value`, and an
/// empty line ends a stanza. Lines that continue the one before are not kept.
struct Fields {
  private var values: [String: String] = [:]

  /// Of two fields with one name the first.
  subscript(name: String) -> String? { values[name] }

  static func stanzas(of text: [UInt8]) -> [Fields] {
    var stanzas: [Fields] = []
    var current = Fields()
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty {
        if !current.values.isEmpty { stanzas.append(current) }
        current = Fields()
      } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), !Fields.isBlank(line[line.startIndex]) {
        let name = String(decoding: line[..<colon], as: UTF8.self)
        if current.values[name] == nil { current.values[name] = Fields.trimmed(line[(colon + 1)...]) }
      }
    }
    if !current.values.isEmpty { stanzas.append(current) }
    return stanzas
  }

  private static func trimmed(_ value: ArraySlice<UInt8>) -> String {
    let start = value.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }
    return String(decoding: end.map { start[...$0] } ?? [], as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
