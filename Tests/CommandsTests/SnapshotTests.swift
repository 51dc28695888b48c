import Foundation
import Json
import TestSupport
import Testing

/// What each command says, whole, as files below `fixtures/output`: a change of any word is seen in review.
/// `CAPSEM_WRITE_SNAPSHOTS=1 swift test --filter SnapshotTests` writes them anew.
@Suite struct SnapshotTests {
  private static let directory = "\(BuildSite.repository)/fixtures/output"
  private static let writes = ProcessInfo.processInfo.environment["CAPSEM_WRITE_SNAPSHOTS"] != nil

  struct Dialogue: CustomTestStringConvertible {
    var name: String
    /// One run a line, words parted by blanks.
    var runs: [String]
    var input: String?

    init(_ name: String, _ runs: String..., input: String? = nil) {
      (self.name, self.runs, self.input) = (name, runs, input)
    }

    var testDescription: String { name }
  }

  static let dialogues = [
    Dialogue(
      "audit", "audit --input trivy.json", "audit --input grype.json --json", "audit --input clean-trivy.json"
    ),
    Dialogue("completions", "completions bash", "completions csh"),
    Dialogue("inspect", "inspect minimal", "inspect full", "inspect nowhere", "inspect minimal --tree"),
    Dialogue(
      "dry-run", "init fresh", "build fresh --dry-run", "build fresh --dry-run --arch mips",
      "build minimal --dry-run"),
    Dialogue("dry-run-json", "init fresh", "build fresh --dry-run --json --arch arm64"),
    Dialogue("status", "init fresh", "status fresh", "status fresh --json", "status nowhere"),
    Dialogue("inspect-json", "inspect full --json"),
    Dialogue(
      "manual", "manual"),
    Dialogue(
      "mcp", "mcp",
      input: """
        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}
        {"jsonrpc":"2.0","method":"notifications/initialized"}
        {"jsonrpc":"2.0","id":2,"method":"tools/list"}
        {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"validate","arguments":{"guest_dir":"minimal"}}}
        {"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"nothing","arguments":{}}}
        {"jsonrpc":"2.0","id":5,"method":"nothing"}

        """),
    Dialogue(
      "scaffolding", "init fresh", "init fresh", "validate fresh", "add ai-provider acme-cloud --dir fresh",
      "add packages tools --dir fresh", "add packages tools --dir fresh --manager npm --force",
      "add mcp notes --dir fresh --transport sse", "add mcp a.b --dir fresh", "add",
      "validate fresh", "new copy --from fresh --non-interactive"),
    Dialogue("scaffolding-questions", "new asked --from full", input: "\n2.0\nMine\n*\n\n1\ny\nn\n\n\n\n"),
    Dialogue("settings", "settings minimal", "settings nowhere"),
    Dialogue("settings-schema", "settings --schema"),
    Dialogue(
      "validate", "validate minimal", "validate full --strict", "validate should-fail-manager",
      "validate should-fail-integer-as-text", "validate nowhere", "validate --explain E006",
      "validate --explain W99"),
    Dialogue("validate-json", "validate minimal --json"),
    Dialogue("validate-sarif", "validate minimal --sarif"),
  ]

  @Test(arguments: dialogues)
  func `output is as it was reviewed`(dialogue: Dialogue) throws {
    let site = try BuildSite()
    let guests = "\(BuildSite.repository)/fixtures/guests"
    for guest in try FileManager.default.contentsOfDirectory(atPath: guests) {
      try FileManager.default.copyItem(atPath: "\(guests)/\(guest)", toPath: "\(site.directory)/\(guest)")
    }
    let reports = "\(BuildSite.repository)/fixtures/audit"
    for report in try FileManager.default.contentsOfDirectory(atPath: reports) {
      try FileManager.default.copyItem(atPath: "\(reports)/\(report)", toPath: "\(site.directory)/\(report)")
    }
    var text = ""
    for run in dialogue.runs {
      let result = try site.run(
        run.split(separator: " ").map(String.init), input: dialogue.input,
        environment: ["SOURCE_DATE_EPOCH": "1790000000"])
      text += "$ capsem-native \(run)\n\(result.output)"
      for line in result.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        text += "! \(line)\n"
      }
      if result.status != 0 { text += "= \(result.status)\n" }
    }
    try compare(text.replacing(site.directory, with: "SITE"), with: dialogue.name)
  }

  @Test func `help is as it was reviewed, of every command`() throws {
    let site = try BuildSite()
    let dump = try JSONValue(parsing: site.run(["--experimental-dump-help"]).output)
    var text = ""
    for words in [[]] + commands(below: [], of: try #require(dump["command"])) {
      let result = try site.run(words + ["--help"])
      text += (["$ capsem-native"] + words + ["--help\n"]).joined(separator: " ") + result.output + "\n"
    }
    try compare(text, with: "help")
  }

  private func commands(below words: [String], of command: JSONValue) -> [[String]] {
    (command["subcommands"]?.array ?? []).flatMap { command in
      let words = words + [command["commandName"]?.string ?? ""]
      return words == ["help"] ? [] : [words] + commands(below: words, of: command)
    }
  }

  private func compare(_ text: String, with name: String) throws {
    let path = "\(SnapshotTests.directory)/\(name).txt"
    if SnapshotTests.writes { return try text.write(toFile: path, atomically: true, encoding: .utf8) }
    let expected = try String(contentsOfFile: path, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let found = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, (expected, found)) in zip(expected, found).enumerated() where expected != found {
      Issue.record("\(name).txt:\(number + 1): expected \"\(expected)\", found \"\(found)\"")
      return
    }
    #expect(expected.count == found.count, "\(name).txt has another number of lines")
  }
}
