/// What a kernel configuration says, by option. A later line beats an earlier one.
package struct Defconfig: Sendable, Equatable {
  package private(set) var settings: [String: Setting] = [:]

  package struct Setting: Sendable, Equatable {
    /// "y", "m", "n" or another value as written.
    package var value: String
    package var line: Int

    package init(value: String, line: Int) {
      self.value = value
      self.line = line
    }
  }

  package init(_ text: String) {
    let off = " is not set"
    for (index, line) in text.utf8.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard var words = Optional(Substring(line)) else { continue }
      while let last = words.last, last.isWhitespace { words.removeLast() }
      if words.hasPrefix("# CONFIG_"), words.hasSuffix(off) {
        let name = words.dropFirst(2).dropLast(off.count)
        settings[String(name)] = Setting(value: "n", line: index + 1)
      } else if words.hasPrefix("CONFIG_"), let mark = words.firstIndex(of: "=") {
        let value = String(words[words.index(after: mark)...])
        settings[String(words[..<mark])] = Setting(value: value, line: index + 1)
      }
    }
  }
}
