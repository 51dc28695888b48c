import Diagnosis
import Toml

/// One file of a config, and where things stand in it.
struct ConfigText: Sendable {
  let file: String
  let bytes: [UInt8]
  /// Where each line begins.
  private let lines: [Int]
  private var root: TomlTable?
  /// Places of the root's entries, of which there may be many.
  private var places: [String: Int] = [:]

  init(_ bytes: [UInt8], of file: String) {
    self.file = file
    self.bytes = bytes
    lines = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  }

  mutating func parse() throws(TomlProblem) -> TomlTable {
    let root = try TomlDocument(parsing: bytes, file: file).root
    for (place, entry) in root.entries.enumerated() { places[entry.key] = place }
    self.root = root
    return root
  }

  /// Where the value stands that these keys lead to, or the name when it is a table; where it is absent,
  /// the place of the table that lacks it, and at last the file.
  func position(of keys: [String]) -> SourcePosition {
    var position = SourcePosition(wholeFile: file)
    guard var table = root else { return position }
    for (depth, key) in keys.enumerated() {
      let entry = depth == 0 ? places[key].map { table.entries[$0] } : table.entry(key)
      guard let entry else { return position }
      guard case .table(let inner) = entry.value.content else { return entry.value.position }
      position = entry.keyPosition
      table = inner
    }
    return position
  }

  /// Where a byte of a string stands that is written at `start`, or that place when it is written with
  /// escapes.
  func position(ofByte offset: Int, of content: String, writtenAt start: SourcePosition) -> SourcePosition {
    guard var here = index(of: start) else { return start }
    var position = start
    func take(_ text: String) -> Bool {
      guard bytes[here...].starts(with: text.utf8) else { return false }
      here += text.utf8.count
      for byte in text.utf8 { position.advance(over: byte) }
      return true
    }
    if take("'''") || take("\"\"\"") {
      _ = take("\r\n") || take("\n")
    } else {
      _ = take("'") || take("\"")
    }
    for (count, byte) in content.utf8.enumerated() {
      // TOML reads the line ends of other systems as its own.
      if byte == UInt8(ascii: "\n"), bytes[here...].starts(with: "\r\n".utf8) { here += 1 }
      guard here < bytes.count, bytes[here] == byte else { return start }
      here += 1
      if count < offset { position.advance(over: byte) }
    }
    return position
  }

  /// Nil for a place far into a line that nobody reads: looking for many of them would take long.
  private func index(of position: SourcePosition) -> Int? {
    guard (1...lines.count).contains(position.line), position.column < 10_000 else { return nil }
    var column = 0
    for index in lines[position.line - 1]..<bytes.count {
      // The first byte of a character, not one that follows.
      if bytes[index] & 0xC0 != 0x80 { column += 1 }
      if column == position.column { return index }
    }
    return nil
  }
}

extension SourcePosition {
  fileprivate mutating func advance(over byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      (line, column) = (line + 1, 1)
    } else if byte & 0xC0 != 0x80 {
      column += 1
    }
  }
}
