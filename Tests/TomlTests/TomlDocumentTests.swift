import Diagnosis
import Testing
import Toml

@Suite struct TomlDocumentTests {
  @Test func `keeps tables in the order as written`() throws {
    let root = try parse(
      """
      zebra = 1
      apple.pit = 2
      [middle.deep]
      [alone]
      [middle]
      last = 3
      first = 4
      """)
    #expect(root.entries.map(\.key) == ["zebra", "apple", "middle", "alone"])
    #expect(try root.table("middle")?.entries.map(\.key) == ["deep", "last", "first"])
  }

  @Test func `knows where every key and value stands`() throws {
    let root = try parse("[t]\n  key = [ 1,\n   \"é\", {inner=true}]\n[[list]]\n[[list]]\nx = 1\n")
    let entry = try #require(try root.table("t")?.entry("key"))
    #expect(shown(entry.keyPosition) == "2:3")
    #expect(shown(entry.value.position) == "2:9")
    guard case .array(let elements) = entry.value.content else { throw Unexpected() }
    #expect(elements.map { shown($0.position) } == ["2:11", "3:4", "3:9"])
    #expect(shown(try #require(try elements[2].table().entry("inner")).keyPosition) == "3:10")
    #expect(try root.tables("list").map { shown($0.position) } == ["4:1", "5:1"])
    #expect(entry.keyPosition.description == "guest.toml:2:3")
  }

  @Test func `reads every kind of value`() throws {
    let root = try parse(
      """
      s = 'raw \\ text'
      i = 0x7
      f = 1.5
      b = true
      d = 2026-08-10
      t = 12:00:00
      dt = 2026-08-10T12:00:00Z
      m = "\\u00e9"
      """)
    #expect(
      root.entries.map(\.value.content) == [
        .string("raw \\ text"), .integer(7), .float(1.5), .boolean(true), .dateTime("2026-08-10"),
        .dateTime("12:00:00"), .dateTime("2026-08-10T12:00:00Z"), .string("\u{e9}"),
      ])
  }

  @Test func `accepts an empty document and the line ends of other systems`() throws {
    #expect(try parse("").entries.isEmpty)
    let root = try parse("a = 1\r\nb = 2\r\n")
    #expect(shown(try #require(root["b"]).position) == "2:5")
  }

  @Test(arguments: [
    ("a = 1\na = 2\n", "2:5", "cannot redefine existing integer 'a'"),
    ("[a]\n[a]\n", "2:1", "cannot redefine existing table 'a'"),
    ("\u{feff}a = 1\n", "1:1", "the file begins with a byte order mark"),
    ("a = 1\nb = \"x\0y\"\n", "2:7", "a NUL byte"),
    ("# \0", "1:3", "a NUL byte"),
    ("<<<<<<< HEAD\n", "1:1", "expected keys, tables, whitespace or comments, saw '<'"),
    ("a = 9223372036854775808", "1:24", "9223372036854775808"),
    ("a =\u{a0}1", "1:4", "this character needs to be in quotes"),
    ("é = 1", "1:1", "this character needs to be in quotes"),
    ("a = 1\u{b}b = 2", "1:6", "this character needs to be in quotes"),
    ("[=]", "1:2", "expected bare key starting character or string delimiter, saw '='"),
    ("a = 1\rb = 2", "1:7", "expected '\\n' after '\\r', saw 'b'"),
  ])
  func `refuses with a position`(text: String, position: String, reason: String) {
    let problem = #expect(throws: TomlProblem.self) { try parse(text) }
    #expect(problem.map { shown($0.position) } == position)
    #expect(problem?.reason.contains(reason) == true, "\(problem?.reason ?? "")")
  }

  @Test(
    arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]] as [[UInt8]]
  )
  func `refuses what is not UTF-8, in comments too`(bytes: [UInt8]) {
    let text = Array("x = 1\n# é ".utf8) + bytes
    let problem = #expect(throws: TomlProblem.self) { try TomlDocument(parsing: text, file: "guest.toml") }
    #expect(problem == TomlProblem("not UTF-8", at: SourcePosition(file: "guest.toml", line: 2, column: 5)))
  }

  @Test(arguments: ["[", "{a=", "[{a=", "a.", "\"a\".'b'."])
  func `survives nesting without end`(part: String) {
    let chain = String(repeating: part, count: 20_000)
    for text in ["x = \(chain)", "\(chain)x = 1", "[\(chain)x]", "x = {y = \"\"\"q\"\"\"\", \(chain)x = 1}"] {
      #expect(throws: TomlProblem.self) { try parse(text) }
    }
  }

  @Test func `accepts nesting that people write`() throws {
    let dots = "a.b.c.d.e.f.g.h"
    let open = String(repeating: "[", count: 20)
    let close = String(repeating: "]", count: 20)
    let text =
      "[\(dots)]\nx = \(open)\(close)\ny = [1.5, 2.5, \"....................\"] # ...................."
    #expect(try parse(text).entries.count == 1)
  }

  @Test func `converts nothing`() throws {
    let root = try parse("a = \"4\"\nb = 1\nc = 1.0\nd = [1]\ne = 2026-08-10\n")
    #expect(reason { _ = try root.integer("a") } == "expected an integer, found a string")
    #expect(reason { _ = try root.boolean("b") } == "expected true or false, found an integer")
    #expect(reason { _ = try root.integer("c") } == "expected an integer, found a float")
    #expect(reason { _ = try root.strings("d") } == "expected a string, found an integer")
    #expect(reason { _ = try root.string("e") } == "expected a string, found a date")
    #expect(try root.string("absent") == nil)
  }

  private func parse(_ text: String) throws -> TomlTable {
    try TomlDocument(parsing: text, file: "guest.toml").root
  }

  private func shown(_ position: SourcePosition) -> String { "\(position.line):\(position.column)" }

  private func reason(_ body: () throws -> Void) -> String? {
    (#expect(throws: TomlProblem.self) { try body() })?.reason
  }

  private struct Unexpected: Error {}
}
