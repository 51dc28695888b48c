import Foundation
import TestSupport
import Testing

/// The manual page and the completions, judged by man(1) and by the shells themselves.
@Suite struct ManualTests {
  private let site: BuildSite

  init() throws { site = try BuildSite() }

  private func page() throws -> String { try site.run(["manual"]).output }

  /// Every command's words, as `help` leads to them, and every name of its options.
  private func parser() throws -> [(words: String, options: [String])] {
    struct Dump: Decodable {
      var command: Command
      struct Command: Decodable {
        var commandName: String
        var shouldDisplay: Bool
        var subcommands: [Command]?
        var arguments: [Argument]?
      }
      struct Argument: Decodable {
        var names: [Name]?
        var shouldDisplay: Bool
        struct Name: Decodable { var name: String }
      }
    }
    func walk(_ command: Dump.Command, _ words: [String]) -> [(words: String, options: [String])] {
      let names = (command.arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }.map(\.name)
      return [(words.joined(separator: " "), names)]
        + (command.subcommands ?? []).filter(\.shouldDisplay).flatMap {
          walk($0, words + [$0.commandName])
        }
    }
    let dump = try site.run(["--experimental-dump-help"]).output
    return walk(try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command, [])
  }

  @Test func `man formats the page without a warning`() throws {
    try site.write(page(), to: "capsem-native.1")
    let result = try ProgramRun(
      ["/usr/bin/man", "--warnings", "-E", "UTF-8", "-l", "\(site.directory)/capsem-native.1"],
      in: site.directory,
      environment: ["PATH": "/usr/bin:/bin", "MANWIDTH": "80", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"]
    ).finish()
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.contains("CAPSEM-NATIVE(1)"))
    for words in [
      "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO",
    ] {
      #expect(result.output.contains("\n\(words)\n"))
    }
    #expect(result.output.contains("--locked"))
  }

  @Test func `every command and every option is in the page`() throws {
    let page = try page().replacing("\\-", with: "-")
    for (words, options) in try parser() where !words.isEmpty {
      let heading = ".SS \"\(words)\"\n"
      let start = try #require(page.firstRange(of: heading), "no section for \(words)")
      let rest = page[start.upperBound...]
      let section = rest.prefix(upTo: rest.firstRange(of: "\n.S")?.lowerBound ?? rest.endIndex)
      for option in options where !["help", "h", "version"].contains(option) {
        #expect(section.contains("\\fB--\(option)\\fR"), "\(words) --\(option)")
      }
    }
    #expect(page.contains("\\fB--help\\fR"))
    #expect(page.contains("\\fB--version\\fR"))
    #expect(!page.contains(".SS \"manual\""))
  }

  @Test func `the page says what docs/commands.md says of environment and statuses`() throws {
    let document = try String(contentsOfFile: "\(BuildSite.repository)/docs/commands.md", encoding: .utf8)
    let page = try page().replacing("\\-", with: "-")
    var rows = 0
    for title in ["Environment", "Exit statuses"] {
      let start = try #require(document.firstRange(of: "\n## \(title)\n"))
      let rest = document[start.upperBound...]
      let section = rest.prefix(upTo: rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)
      for line in section.split(separator: "\n") where line.hasPrefix("| ") {
        let term = line.split(separator: "|")[0].filter { $0 != "`" }.trimmingCharacters(in: .whitespaces)
        if ["variable", "status"].contains(term) { continue }
        rows += 1
        #expect(page.contains(".TP\n\\fB\(term)\\fR\n"), "\(term)")
      }
    }
    #expect(rows > 8)
  }

  @Test func `the page is the same every time`() throws {
    #expect(try page() == page())
  }

  /// What bash offers for the words typed so far.
  private func bashCompletions(_ words: [String]) throws -> [String] {
    try site.write(site.run(["completions", "bash"]).output, to: "completions.bash")
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let output = try runTool(
      "bash",
      [
        "-c",
        """
        set -eu
        source ./completions.bash
        function=$(complete -p capsem-native | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=(\(quoted))
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMP_LINE="${COMP_WORDS[*]}"
        COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9 COMP_KEY=9
        COMPREPLY=()
        set +eu
        "$function" capsem-native "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}"
        """,
      ], in: site.directory)
    return output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
  }

  @Test(arguments: [
    (["capsem-native", "au"], ["audit"]),
    (["capsem-native", "build", "--arch", ""], ["arm64", "x86_64"]),
    (["capsem-native", "build", "--arch", "x"], ["x86_64"]),
    (["capsem-native", "audit", "--scanner", ""], ["grype", "trivy"]),
    (["capsem-native", "build", "--loc"], ["--locked"]),
    (["capsem-native", "completions", "f"], ["fish"]),
    (["capsem-native", "build", "gue"], ["guest"]),
  ])
  func `bash completes commands, options and values`(words: [String], expected: [String]) throws {
    #expect(try bashCompletions(words) == expected)
  }

  @Test func `bash offers every command`() throws {
    let commands = try parser().map(\.words).filter { !$0.isEmpty && !$0.contains(" ") }
    let offered = try bashCompletions(["capsem-native", ""])
    #expect(Set(offered).isSuperset(of: commands), "\(offered)")
    #expect(!offered.contains("manual"))
  }

  @Test(
    arguments: ["bash", "zsh", "fish"].filter { Requirement.isStrict || access("/usr/bin/\($0)", X_OK) == 0 })
  func `each shell reads its script`(shell: String) throws {
    try site.write(site.run(["completions", shell]).output, to: "completions.\(shell)")
    try runTool(shell, ["-n", "\(site.directory)/completions.\(shell)"])
  }

  @Test func `make install puts everything below PREFIX`() throws {
    let root = "\(site.directory)/root"
    try runTool(
      "make",
      [
        "-s", "-C", BuildSite.repository, "install", "DESTDIR=\(root)", "PREFIX=/usr",
        "RELEASE=\(site.program)",
      ])
    let installed = try files(below: root)
    #expect(
      installed == [
        "usr/bin/capsem-native", "usr/share/bash-completion/completions/capsem-native",
        "usr/share/fish/vendor_completions.d/capsem-native.fish", "usr/share/man/man1/capsem-native.1",
        "usr/share/zsh/site-functions/_capsem-native",
      ])
    #expect(try runTool("\(root)/usr/bin/capsem-native", ["--version"]) == "0.1.0\n")
    #expect(try contents(ofFile: "\(root)/usr/share/man/man1/capsem-native.1") == Array(page().utf8))
  }
}
