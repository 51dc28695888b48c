import Toml
import Testing

@Suite struct TomlTextTests {
  @Test(arguments: [
    "", "plain", "a \"b\" \\ c", "two\nlines\r\n\t", "\u{0}\u{8}\u{1f}\u{7f}", "größe 模型 \u{1f600}",
    "'''\"\"\"", "#",
  ])
  func `any text is read back as it was`(text: String) throws {
    let written = "a = \(TomlText.string(text))\nb = \(TomlText.strings([text, "second"]))\n"
    let root = try TomlDocument(parsing: Array(written.utf8), file: "text.toml").root
    #expect(root["a"]?.content == .string(text))
    guard case .array(let elements) = root["b"]?.content else {
      Issue.record("b is no list: \(written)")
      return
    }
    #expect(elements.map(\.content) == [.string(text), .string("second")])
    #expect(written.split(separator: "\n").count == 2)
  }
}
