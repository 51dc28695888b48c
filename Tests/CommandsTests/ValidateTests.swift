import Foundation
import TestSupport
import Testing

@Suite struct ValidateTests {
  // MARK: Every code

  @Test(arguments: LintCase.all)
  func `prints where it is, and passes what is nearby`(lint: LintCase) throws {
    let site = try GuestSite(lint.trigger)
    let options = lint.artifacts ? ["--artifacts", "guest/artifacts"] : []
    let result = try site.validate(options)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    let found = lines.prefix { !$0.isEmpty }.map { line in
      let words = line.split(separator: " ", maxSplits: 3)
      return "\(words[2].dropLast().dropFirst("guest/".count)) \(words[1].dropFirst().dropLast())"
    }
    #expect(found.sorted() == lint.found.sorted(), "\(result.output)")
    let failed = result.output.contains("error: [")
    #expect(result.status == (failed ? 1 : 0))
    #expect(lines.suffix(3).first == "" && lines.last == "")
    let nearby = try GuestSite(lint.nearMiss).validate(options)
    #expect(nearby.output == "passed: config is clean\n")
    #expect(nearby.status == 0)
  }

  @Test func `the default guest is clean`() throws {
    let result = try BuildSite().run(["validate", "\(BuildSite.repository)/guest", "--strict"])
    #expect(result.output == "passed: config is clean\n")
    #expect(result.status == 0)
  }

  // MARK: Several at once

  /// Four files with faults, two of them unreadable.
  private static let faulty: [String: String?] = [
    "config/ai/acme.toml": GuestFiles.provider("naem = 1", domains: "\"a.example/b\", \"*\""),
    "config/ai/broken.toml": "[x\n",
    "config/packages/apt.toml": GuestFiles.packages("\"git\", \"libz-dev\"", network: ""),
    "config/security/web.toml": "[wbe]\n",
    "config/vm/resources.toml": "[resources]\ncpu_count = 0\nram_gb = true\n",
  ]

  @Test func `all problems of all files come in one run, errors first, then by code`() throws {
    let result = try GuestSite(Self.faulty).validate()
    #expect(result.status == 1)
    #expect(
      result.output == """
        error: [E002] guest/config/ai/broken.toml:1:3: invalid TOML: expected ']', saw '\\n'
        error: [E003] guest/config/security/web.toml:1:1: web: missing, expected table
        error: [E003] guest/config/vm/resources.toml:2:13: resources.cpu_count: expected 1 to 8, found 0
        error: [E003] guest/config/vm/resources.toml:3:10: resources.ram_gb: expected an integer, found a boolean
        error: [E006] guest/config/ai/acme.toml:4:24: invalid domain pattern "a.example/b" of provider "acme": it has a path
        warning: [W002] guest/config/packages/apt.toml:5:20: "libz-dev" is a development package
        warning: [W004] guest/config/packages/apt.toml:1:2: package set "apt" has no network table
        warning: [W007] guest/config/ai/acme.toml:4:39: "*" of provider "acme" is a very broad wildcard
        warning: [W014] guest/config/ai/acme.toml:5:1: unknown key acme.naem
        warning: [W014] guest/config/security/web.toml:1:2: unknown key wbe

        5 error(s), 5 warning(s)

        """)
  }

  @Test func `warnings alone pass, and fail with --strict`() throws {
    let site = try GuestSite(["config/packages/apt.toml": GuestFiles.packages("\"libz-dev\"", network: "")])
    let result = try site.validate()
    #expect(result.status == 0)
    #expect(result.output.hasSuffix("\n\n2 warning(s), 0 errors -- passed\n"))
    let strict = try site.validate(["--strict"])
    #expect(strict.status == 1)
    #expect(strict.output.hasPrefix("error: [W002] guest/config/packages/apt.toml:5:13: "))
    #expect(strict.output.hasSuffix("\n\n2 error(s), 0 warning(s)\n"))
  }

  // MARK: Formats

  @Test func `JSON has every field, null where there is nothing`() throws {
    let site = try GuestSite([
      "config/kernel/defconfig.x86_64": nil, "config/vm/resources.toml": "[resuorces]\n",
    ])
    let result = try site.validate(["--json"])
    #expect(result.status == 1)
    #expect(
      result.output == """
        [
          {
            "code": "E003",
            "severity": "error",
            "file": "guest/config/vm/resources.toml",
            "line": 1,
            "column": 1,
            "message": "resources: missing, expected table",
            "hint": null
          },
          {
            "code": "E300",
            "severity": "error",
            "file": "guest/config/kernel/defconfig.x86_64",
            "line": null,
            "column": null,
            "message": "missing kernel defconfig for x86_64",
            "hint": "write the kernel's configuration there; the default guest has one for each architecture"
          },
          {
            "code": "W014",
            "severity": "warning",
            "file": "guest/config/vm/resources.toml",
            "line": 1,
            "column": 2,
            "message": "unknown key resuorces",
            "hint": "did you mean `resources`?"
          }
        ]

        """)
    let clean = try GuestSite().validate(["--json"])
    #expect(clean.output == "[]\n")
    #expect(clean.status == 0)
  }

  @Test func `SARIF names its rules, and each result's rule, level and place`() throws {
    let site = try GuestSite(["config/kernel/defconfig.x86_64": nil, "config/ai/a b.toml": "ü"])
    for guest in ["guest", "./guest/", "\(site.directory)/guest"] {
      let result = try site.run(["validate", guest, "--sarif"])
      #expect(result.status == 1)
      let log = try JSONDecoder().decode(SARIF.self, from: Data(result.output.utf8))
      #expect(log.version == "2.1.0")
      let run = try #require(log.runs.first)
      #expect(run.columnKind == "unicodeCodePoints")
      let rules = run.tool.driver.rules
      #expect(Set(rules.map(\.id)).count == rules.count)
      #expect(rules.allSatisfy { !$0.shortDescription.text.isEmpty && !$0.help.text.isEmpty })
      #expect(run.results.map(\.ruleId) == ["E002", "E300"])
      #expect(run.results.map { rules[$0.ruleIndex].id } == ["E002", "E300"])
      #expect(run.results.map(\.level) == ["error", "error"])
      let places = run.results.map(\.locations[0].physicalLocation)
      #expect(
        places.map(\.artifactLocation.uri)
          == ["guest/config/ai/a%20b.toml", "guest/config/kernel/defconfig.x86_64"])
      #expect(places[0].region?.startLine == 1)
      #expect(places[1].region == nil)
    }
    let clean = try GuestSite().validate(["--sarif"])
    #expect(try JSONDecoder().decode(SARIF.self, from: Data(clean.output.utf8)).runs[0].results.isEmpty)
  }

  /// The members that code hosts require.
  private struct SARIF: Decodable {
    struct Text: Decodable { var text: String }
    struct Rule: Decodable {
      var id: String
      var shortDescription: Text
      var help: Text
    }
    struct Driver: Decodable {
      var name: String
      var rules: [Rule]
    }
    struct Tool: Decodable { var driver: Driver }
    struct Region: Decodable {
      var startLine: Int
      var startColumn: Int
    }
    struct Artifact: Decodable { var uri: String }
    struct Place: Decodable {
      var artifactLocation: Artifact
      var region: Region?
    }
    struct Location: Decodable { var physicalLocation: Place }
    struct Result: Decodable {
      var ruleId: String
      var ruleIndex: Int
      var level: String
      var message: Text
      var locations: [Location]
    }
    struct Run: Decodable {
      var tool: Tool
      var columnKind: String
      var results: [Result]
    }
    var version: String
    var runs: [Run]
  }

  // MARK: On a terminal

  @Test func `a terminal shows the line, a mark under the value, and the fix`() throws {
    let site = try GuestSite([
      "config/security/web.toml": GuestFiles.web("\tcustom_allow = [\"日本.example\", \"a b\"]")
    ])
    #expect(
      try site.onTerminal("NO_COLOR=1 TERM=dumb") == """
        warning: [W024] guest/config/security/web.toml:2:18: nothing matches the domain pattern "日本.example": it has letters that names on the wire do not have
           2 |     custom_allow = ["日本.example", "a b"]
             |                     ^^^^^^^^^^^^^^
          fix: write its Punycode form, xn--…

        warning: [W024] guest/config/security/web.toml:2:32: nothing matches the domain pattern "a b": it has a blank
           2 |     custom_allow = ["日本.example", "a b"]
             |                                     ^^^^^
          fix: one name is one entry of the list

        2 warning(s), 0 errors -- passed

        """)
    let coloured = try site.onTerminal("TERM=xterm")
    #expect(coloured.hasPrefix("\u{1b}[33mwarning:\u{1b}[0m [W024] guest/"))
  }

  @Test(arguments: [
    (0..<200).map { "\"host-\($0).example\"" }.joined(separator: ", "),
    "\"a.example\"" + String(repeating: "\t", count: 300), "\"日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語.example\"",
  ])
  func `a long line is cut around the mark`(others: String) throws {
    let site = try GuestSite([
      "config/security/web.toml": GuestFiles.web("custom_allow = [\(others), \"a b\", \(others)]")
    ])
    let lines = try site.onTerminal("NO_COLOR=1").split(separator: "\n")
    let found = try #require(lines.firstIndex { $0.contains("\"a b\": it has a blank") })
    let (line, mark) = (lines[found + 1], lines[found + 2])
    #expect(line.hasPrefix("   2 | …") && line.hasSuffix("…"))
    #expect(columns(line[...]) <= 80)
    let text = try #require(line.range(of: "\"a b\","))
    #expect(mark.prefix { $0 != "^" }.count == columns(line[..<text.lowerBound]))
    #expect(mark.hasSuffix(" ^^^^^"))
  }

  /// All that is wide in these tests.
  private func columns(_ text: Substring) -> Int { text.count + text.count { "日本語".contains($0) } }

  // MARK: In a build

  @Test func `a build warns of what validate finds, and goes on`() throws {
    let site = try BuildSite()
    try site.configure(["greeting"])
    try site.write("[resources]\ncpu_cout = 1\n", to: "guest/config/vm/resources.toml")
    let result = try site.run(["build", "guest", "--locked"])
    #expect(
      result.errors.hasPrefix(
        """
        warning: [W014] guest/config/vm/resources.toml:2:1: unknown key resources.cpu_cout
        hint: did you mean `cpu_count`?
        error: cannot build with --locked: there is no guest/capsem.lock

        """), "\(result.errors)")
  }

  // MARK: Usage

  @Test func `a guest that is not there is an error with a remedy`() throws {
    let result = try GuestSite().run(["validate", "nowhere"])
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(
      result.errors == """
        error: cannot validate nowhere: no such directory
        hint: `capsem-native init nowhere` writes a first config

        """)
  }

  @Test func `a guest without a config is a diagnostic`() throws {
    let site = try GuestSite()
    let result = try site.run(["validate", "guest/artifacts"])
    #expect(result.status == 1)
    #expect(
      result.output == "error: [E001] guest/artifacts/config: no such directory\n\n1 error(s), 0 warning(s)\n"
    )
  }

  @Test(arguments: [
    (["--json", "--sarif"], "Error: --json contradicts --sarif"),
    (["--artifacts", "nowhere"], "Error: --artifacts: there is no directory nowhere"),
    (["--explain", "E01"], "Error: --explain: there is no diagnostic \"E01\"; did you mean "),
  ])
  func `wrong usage is status 2`(options: [String], message: String) throws {
    let result = try GuestSite().validate(options)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
  }

  @Test func `explains a code, whether or not there is a guest`() throws {
    let result = try BuildSite().run(["validate", "--explain", "E006"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("## E006: an invalid domain pattern\n\n"))
    let all = try BuildSite().run(["validate", "--explain", "all"])
    #expect(
      all.output
        == String(
          decoding: try contents(ofFile: "\(BuildSite.repository)/docs/diagnostics.md") ?? [], as: UTF8.self))
  }
}

/// A place with a guest that differs from the sound one.
private struct GuestSite {
  private let site: BuildSite
  var directory: String { site.directory }

  init(_ changes: [String: String?] = [:]) throws {
    site = try BuildSite()
    try FileManager.default.removeItem(atPath: "\(site.directory)/guest")
    for (name, text) in try GuestFiles(changes).texts { try site.write(text, to: "guest/\(name)") }
  }

  func run(_ arguments: [String]) throws -> ProgramResult { try site.run(arguments) }

  func validate(_ options: [String] = []) throws -> ProgramResult {
    try run(["validate", "guest"] + options)
  }

  /// What a terminal of 80 columns is shown.
  func onTerminal(_ environment: String) throws -> String {
    let command = "stty cols 80; \(environment) \(site.program) validate guest"
    let text = try runTool("script", ["-qec", command, "/dev/null"], in: site.directory)
    return text.replacingOccurrences(of: "\r\n", with: "\n")
  }
}
