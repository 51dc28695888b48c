import Diagnosis
import Scaffolding
import Testing

@Suite struct TableNameTests {
  @Test(arguments: ["acme", "my-tools", "a_b", "_x", "3d", "ACME", String(repeating: "a", count: 63)])
  func `takes what is a bare key and a file's name`(name: String) throws {
    #expect(try TableName(name, for: .provider).text == name)
  }

  @Test(arguments: [
    ("", "the name is empty", nil),
    ("a b.c", #"a name has letters, digits, "_" and "-" only"#, "a-b-c"),
    ("../x", #"a name has letters, digits, "_" and "-" only"#, "x"),
    ("a\"b", #"a name has letters, digits, "_" and "-" only"#, "a-b"),
    ("a\nb", #"a name has letters, digits, "_" and "-" only"#, "a-b"),
    ("größe", #"a name has letters, digits, "_" and "-" only"#, "gr-e"),
    ("模型", #"a name has letters, digits, "_" and "-" only"#, nil),
    ("e\u{301}", #"a name has letters, digits, "_" and "-" only"#, nil),
    ("-x", #"a name begins with a letter, a digit or "_", and has a letter or digit"#, "x"),
    ("_", #"a name begins with a letter, a digit or "_", and has a letter or digit"#, nil),
    ("_ _", #"a name has letters, digits, "_" and "-" only"#, nil),
    ("type", "the settings have another meaning for this name", nil),
    (
      String(repeating: "a", count: 64), "a name has at most 63 characters, this has 64",
      String(repeating: "a", count: 63)
    ),
  ])
  func `refuses the rest, and names the nearest that it takes`(name: String, reason: String, near: String?)
    throws
  {
    let report = try #require(throws: Report.self) { try TableName(name, for: .provider) }
    #expect(report.summary == "cannot add AI provider \"\(name)\": \(reason)")
    #expect(report.hints == (near.map { ["\"\($0)\" can be used"] } ?? []))
    if let near { #expect(throws: Never.self) { try TableName(near, for: .provider) } }
  }

  @Test func `only providers become settings`() throws {
    #expect(try TableName("type", for: .packageSet).text == "type")
    #expect(try TableName("type", for: .server).text == "type")
  }
}
