import Diagnosis
import Glibc

extension JSONValue {
  /// Reads one document of RFC 8259, strictly: Foundation's decoder takes a comma before a closing bracket.
  package init(parsing text: some Collection<UInt8>) throws(JSONProblem) {
    var reader = JSONReader(Array(text))
    self = try reader.document()
  }

  package init(parsing text: String) throws(JSONProblem) { try self.init(parsing: text.utf8) }

  /// The same for a file; `name` is what the error calls it.
  package init(parsing text: some Collection<UInt8>, named name: String) throws(Report) {
    do throws(JSONProblem) {
      try self.init(parsing: text)
    } catch {
      throw Report("cannot read \(name) as JSON: line \(error.line), column \(error.column): \(error.reason)")
    }
  }
}

private struct JSONReader {
  private let bytes: [UInt8]
  private var next = 0
  private var depth = 0

  /// Deeper than anything that people or tools write, and far from the end of the stack.
  private static let deepest = 256

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONProblem) -> JSONValue {
    skipBlanks()
    let value = try value()
    skipBlanks()
    if next < bytes.count { throw problem("expected the end, found \(found)") }
    return value
  }

  private mutating func value() throws(JSONProblem) -> JSONValue {
    switch peek ?? 0 {
    case UInt8(ascii: "{"): return .object(try nested { reader throws(JSONProblem) in try reader.members() })
    case UInt8(ascii: "["): return .array(try nested { reader throws(JSONProblem) in try reader.elements() })
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: break
    }
    for (word, value) in [("true", JSONValue.boolean(true)), ("false", .boolean(false)), ("null", .null)]
    where bytes[next...].starts(with: word.utf8) {
      next += word.utf8.count
      return value
    }
    throw problem("expected a value, found \(found)")
  }

  private mutating func nested<Content>(_ body: (inout JSONReader) throws(JSONProblem) -> Content)
    throws(JSONProblem) -> Content
  {
    if depth == Self.deepest { throw problem("nested deeper than \(Self.deepest)") }
    depth += 1
    next += 1
    let content = try body(&self)
    depth -= 1
    return content
  }

  private mutating func elements() throws(JSONProblem) -> [JSONValue] {
    var elements: [JSONValue] = []
    skipBlanks()
    if take("]") { return elements }
    while true {
      skipBlanks()
      elements.append(try value())
      skipBlanks()
      if take("]") { return elements }
      if !take(",") { throw problem("expected \",\" or \"]\", found \(found)") }
    }
  }

  private mutating func members() throws(JSONProblem) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    skipBlanks()
    if take("}") { return members }
    while true {
      skipBlanks()
      if peek != UInt8(ascii: "\"") { throw problem("expected a name in quotes, found \(found)") }
      let name = try string()
      skipBlanks()
      if !take(":") { throw problem("expected \":\", found \(found)") }
      skipBlanks()
      members[name] = try value()
      skipBlanks()
      if take("}") { return members }
      if !take(",") { throw problem("expected \",\" or \"}\", found \(found)") }
    }
  }

  private mutating func number() throws(JSONProblem) -> Double {
    let start = next
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    guard let number = Double(String(decoding: bytes[start..<next], as: UTF8.self)) else {
      throw problem("expected a number")
    }
    return number
  }

  private mutating func digits() throws(JSONProblem) {
    let start = next
    while let byte = peek, (48...57).contains(byte) { next += 1 }
    if next == start { throw problem("expected a digit, found \(found)") }
  }

  private mutating func string() throws(JSONProblem) -> String {
    next += 1
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        next += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("a string that is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        next += 1
        text += try escaped()
      case 0..<0x20: throw problem("a control character in a string; write it as \\u")
      default:
        text.append(byte)
        next += 1
      }
    }
    throw problem("a string without its closing quote")
  }

  /// What follows a backslash, as UTF-8.
  private mutating func escaped() throws(JSONProblem) -> [UInt8] {
    guard let byte = peek else { throw problem("a string without its closing quote") }
    next += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"): break
    default:
      next -= 1
      throw problem("no such escape: \\\(found)")
    }
    var unit = try unit()
    // A character beyond the first plane is written as two units; half of a pair stands for none.
    if (0xd800..<0xdc00).contains(unit), bytes[next...].starts(with: "\\u".utf8) {
      next += 2
      let low = try self.unit()
      unit = (0xdc00..<0xe000).contains(low) ? 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00) : 0xfffd
    }
    return Array(String(Unicode.Scalar(unit) ?? "\u{fffd}").utf8)
  }

  private mutating func unit() throws(JSONProblem) -> UInt32 {
    let end = min(next + 4, bytes.count)
    let digits = bytes[next..<end]
    guard digits.count == 4, digits.allSatisfy({ isxdigit(Int32($0)) != 0 }),
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw problem("expected four hexadecimal digits after \\u") }
    next = end
    return unit
  }

  private var peek: UInt8? { next < bytes.count ? bytes[next] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    next += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 32 || (9...10).contains(byte) || byte == 13 { next += 1 }
  }

  /// What stands at this place, for a message.
  private var found: String {
    guard let byte = peek else { return "the end" }
    return (0x21..<0x7f).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte \(byte)"
  }

  private func problem(_ reason: String) -> JSONProblem {
    let before = bytes[..<min(next, bytes.count)]
    let line = before.count { $0 == 10 } + 1
    let start = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
    return JSONProblem(reason: reason, line: line, column: before.count - start + 1)
  }
}
