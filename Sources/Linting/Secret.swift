/// Text that looks like a key to a service.
struct Secret: Equatable {
  /// "an Anthropic key"
  var kind: String
  /// In bytes of the text.
  var offset: Int

  private struct Pattern {
    var kind: String
    var start: String
    /// How many bytes of the alphabet have to follow.
    var length: Int
    var alphabet: String = ""
  }

  private static let patterns = [
    Pattern(kind: "an Anthropic key", start: "sk-ant-", length: 10, alphabet: "_-"),
    Pattern(kind: "a Google key", start: "AIza", length: 10, alphabet: "_-"),
    Pattern(kind: "an OpenAI key", start: "sk-", length: 20),
    Pattern(kind: "a GitHub token", start: "ghp_", length: 20),
    Pattern(kind: "a GitLab token", start: "glpat-", length: 10, alphabet: "_-"),
  ]

  /// The one that comes first.
  static func first(in text: String) -> Secret? {
    let bytes = Array(text.utf8)
    let starts = Set(patterns.map { $0.start.utf8.first! } + [UInt8(ascii: "B")])
    for offset in bytes.indices where starts.contains(bytes[offset]) {
      let rest = bytes[offset...]
      for pattern in patterns where rest.starts(with: pattern.start.utf8) {
        let tail = rest.dropFirst(pattern.start.utf8.count)
        if tail.prefix(pattern.length).count(where: { $0.isOf(pattern.alphabet) }) == pattern.length {
          return Secret(kind: pattern.kind, offset: offset)
        }
      }
      guard rest.starts(with: "Bearer".utf8) else { continue }
      let blanks = rest.dropFirst(6).prefix { $0 == 32 || (9...13).contains($0) }
      let token = bytes[blanks.endIndex...].prefix(20)
      if !blanks.isEmpty, token.count(where: { $0.isOf("_.-") }) == 20 {
        return Secret(kind: "a bearer token", offset: offset)
      }
    }
    return nil
  }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  var isLetter: Bool { isLowercase || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

  /// A letter, a digit, or one of `others`.
  func isOf(_ others: String) -> Bool { isLetter || isDigit || others.utf8.contains(self) }
}

extension String {
  /// Without blanks and line ends around it.
  var trimmed: String {
    var rest = unicodeScalars[...]
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }

  /// Of a place that is told in lines and bytes, both from 1.
  func byteOffset(line: Int, column: Int) -> Int {
    var offset = 0
    var line = line
    for byte in utf8 {
      if line <= 1 { break }
      offset += 1
      if byte == UInt8(ascii: "\n") { line -= 1 }
    }
    return min(offset + column - 1, utf8.count)
  }

  /// "https://host/path": what a download can be asked for.
  var isWebAddress: Bool {
    guard let scheme = ["https://", "http://"].first(where: { hasPrefix($0) }) else { return false }
    let host = dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return !host.isEmpty && utf8.allSatisfy { $0 > 32 && $0 < 127 }
  }
}
