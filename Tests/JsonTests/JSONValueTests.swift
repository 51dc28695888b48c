import Diagnosis
import Json
import Testing

@Suite struct JSONValueTests {
  @Test func `every kind of value is read`() throws {
    let value = try JSONValue(
      parsing: #" {"a": [1, -2.5e+1, "x\u00e9\ud83d\ude00\/", true, false, null, {}], "b": {"c": 0}} "#)
    #expect(
      value["a"]
        == .array([
          .number(1), .number(-25), .string("xé😀/"), .boolean(true), .boolean(false), .null, .object([:]),
        ]))
    #expect(value["b"]?["c"] == .number(0))
    #expect(value["nothing"] == nil)
  }

  @Test(arguments: [
    ("", 1, 1, "expected a value, found the end"),
    ("{", 1, 2, "expected a name in quotes, found the end"),
    ("[1,]", 1, 4, "expected a value, found \"]\""),
    ("{\"a\": 1,\n}", 2, 1, "expected a name in quotes, found \"}\""),
    ("{\"a\" 1}", 1, 6, "expected \":\", found \"1\""),
    ("[1 2]", 1, 4, "expected \",\" or \"]\", found \"2\""),
    ("nul", 1, 1, "expected a value, found \"n\""),
    ("'a'", 1, 1, "expected a value, found \"'\""),
    ("01", 1, 2, "expected the end, found \"1\""),
    ("1.", 1, 3, "expected a digit, found the end"),
    ("\"a", 1, 3, "a string without its closing quote"),
    ("\"\\x\"", 1, 3, "no such escape: \\\"x\""),
    ("\"\\u+123\"", 1, 4, "expected four hexadecimal digits after \\u"),
    ("\"\u{1}\"", 1, 2, "a control character in a string; write it as \\u"),
    ("{} x", 1, 4, "expected the end, found \"x\""),
  ])
  func `what is not JSON is refused with its place`(text: String, line: Int, column: Int, reason: String) {
    let problem = #expect(throws: JSONProblem.self) { try JSONValue(parsing: text) }
    #expect(problem == JSONProblem(reason: reason, line: line, column: column))
  }

  @Test func `a document nested too deeply is refused, not followed`() throws {
    let open = String(repeating: "[", count: 256)
    let close = String(repeating: "]", count: 256)
    #expect(throws: Never.self) { try JSONValue(parsing: open + close) }
    #expect(throws: JSONProblem.self) { try JSONValue(parsing: "[" + open + close + "]") }
  }

  @Test func `an error calls a file by its name`() {
    let report = #expect(throws: Report.self) { try JSONValue(parsing: [0xff], named: "report.json") }
    #expect(
      report?.summary == "cannot read report.json as JSON: line 1, column 1: expected a value, found byte 255"
    )
  }

  @Test func `written text is read back`() throws {
    let text = JSONText.object([
      ("k\n\"", .string("\u{1}\u{7f}/é")), ("n", .number(-3)), ("e", .array([])),
    ])
    let value = try JSONValue(parsing: text.rendered())
    #expect(value == .object(["k\n\"": .string("\u{1}\u{7f}/é"), "n": .number(-3), "e": .array([])]))
  }
}
