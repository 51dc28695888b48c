import Foundation
import TestSupport
import Testing

/// `init`, `new` and `add` as a user runs them.
@Suite struct ScaffoldingTests {
  let site: BuildSite
  init() throws { site = try BuildSite() }

  private func text(_ name: String) throws -> String {
    String(decoding: try #require(try contents(ofFile: "\(site.directory)/\(name)")), as: UTF8.self)
  }

  @Test func `init writes a guest that loads, once`() throws {
    let first = try site.run(["init", "fresh"])
    #expect(first.status == 0)
    #expect(first.output == "created fresh/config/\ncreated fresh/artifacts/\n")
    #expect(first.errors == "")
    #expect(try site.run(["settings", "fresh"]).status == 0)
    let written = try files(below: "\(site.directory)/fresh")

    try site.write("mine", to: "fresh/config/build.toml")
    try site.write("mine", to: "fresh/config/vm/notes")
    let second = try site.run(["init", "fresh"])
    #expect(second.status == 1)
    #expect(
      second.errors == "error: cannot create fresh/config: it exists already\nhint: --force overwrites it\n")
    #expect(try text("fresh/config/build.toml") == "mine")

    #expect(try site.run(["init", "fresh", "--force"]).status == 0)
    #expect(try files(below: "\(site.directory)/fresh") == (written + ["config/vm/notes"]).sorted())
    #expect(try site.run(["settings", "fresh"]).status == 0)
  }

  @Test func `init overwrites no artifacts without --force`() throws {
    try site.write("mine", to: "fresh/artifacts/banner.txt")
    let result = try site.run(["init", "fresh"])
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: cannot create fresh/artifacts/banner.txt: it exists already\n"))
    #expect(site.names(in: "\(site.directory)/fresh") == ["artifacts"])
  }

  @Test func `add writes files that load`() throws {
    #expect(try site.run(["init"]).status == 1, "the site's guest has a config directory")
    #expect(try site.run(["init", "--force"]).status == 0)
    let provider = try site.run(["add", "ai-provider", "my-tools"])
    #expect(provider.status == 0)
    #expect(provider.output == "created guest/config/ai/my-tools.toml\n")
    #expect(provider.errors == "")
    let server = try site.run(["add", "mcp", "relay", "--transport", "sse", "--dir", "guest"])
    #expect(server.output == "created guest/config/mcp/relay.toml\n")
    let set = try site.run(["add", "packages", "system", "--manager", "npm"])
    #expect(set.status == 0)
    #expect(set.output == "created guest/config/packages/system.toml\n")
    #expect(set.errors == "")
    let settings = try site.run(["settings"]).output
    for words in ["\"MY_TOOLS_API_KEY\"", "\"relay\": {"] { #expect(settings.contains(words)) }
  }

  @Test func `add refuses what is there, unless told to overwrite it`() throws {
    #expect(try site.run(["init", "--force"]).status == 0)
    #expect(try site.run(["add", "ai-provider", "acme"]).status == 0)
    let written = try text("guest/config/ai/acme.toml")
    try site.write("not toml", to: "guest/config/ai/acme.toml")
    #expect(try site.run(["add", "ai-provider", "acme"]).status == 1)
    #expect(try text("guest/config/ai/acme.toml") == "not toml")
    #expect(try site.run(["add", "ai-provider", "acme", "--force"]).status == 0)
    #expect(try text("guest/config/ai/acme.toml") == written)

    try site.write(written, to: "guest/config/ai/others.toml")
    try FileManager.default.removeItem(atPath: "\(site.guest)/config/ai/acme.toml")
    let twice = try site.run(["add", "ai-provider", "acme", "--force"])
    #expect(twice.status == 1)
    #expect(
      twice.errors == """
        error: cannot add AI provider "acme": guest/config/ai/others.toml:3:2 has it already
        hint: edit it there

        """)
  }

  @Test(arguments: ["", "a b.c", "../x", "a\"b", "a\nb", "größe", "type", String(repeating: "x", count: 300)])
  func `add refuses a name that is none, and writes nothing`(name: String) throws {
    try site.configure(["greeting"])
    let before = try files(below: site.directory).filter { !$0.hasPrefix("run-") }
    let result = try site.run(["add", "ai-provider", name])
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: cannot add AI provider \""))
    #expect(try files(below: site.directory).filter { !$0.hasPrefix("run-") } == before)
  }

  @Test func `add needs a guest, and a word for what`() throws {
    let result = try site.run(["add", "mcp", "relay", "--dir", "nowhere"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot add MCP server "relay": there is no nowhere/config
        hint: `capsem-native init nowhere` writes a first config

        """)
    let alone = try site.run(["add"])
    #expect(alone.status == 2)
    #expect(alone.output == "")
    #expect(alone.errors.contains("USAGE: capsem-native add <subcommand>"))
  }

  @Test func `new asks on stderr, and writes what was answered`() throws {
    #expect(try site.run(["init", "base"]).status == 0)
    let answers = "Mine\n\nFor \"me\"\n2\n\n\n\n\n\n"
    let result = try site.run(
      ["new", "mine", "--from", "base"], input: answers, environment: ["SOURCE_DATE_EPOCH": "86400"])
    #expect(result.status == 0)
    #expect(result.output == "Created mine/config/ (6 files)\n")
    #expect(
      result.errors.hasPrefix(
        "Name [mine]: Version [0.1.0]: Description: Package sets:\n  1  apt\n  2  python\n"))
    #expect(
      try text("mine/config/manifest.toml") == """
        # What this image is called. `inspect` prints it; it does not enter the image.

        [image]
        name = "Mine"
        version = "0.1.0"
        description = "For \\"me\\""

        [[image.changelog]]
        version = "0.1.0"
        date = "1970-01-02"
        changes = ["First version"]

        """)
    #expect(try site.run(["settings", "mine"]).status == 0)
    #expect(
      try files(below: "\(site.directory)/mine/artifacts") == files(below: "\(site.directory)/base/artifacts")
    )
  }

  @Test func `new writes nothing when the input ends early`() throws {
    #expect(try site.run(["init", "base"]).status == 0)
    let result = try site.run(["new", "mine", "--from", "base"], input: "Mine\n")
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        """
        error: cannot ask about the new guest: the input has ended
        hint: --non-interactive takes everything of the base, and asks nothing

        """))
    #expect(!site.names(in: site.directory).contains("mine"))
  }

  @Test func `new keeps its base and what is there`() throws {
    #expect(try site.run(["init", "base"]).status == 0)
    #expect(try site.run(["new", "x/mine", "--from", "base", "--non-interactive"]).status == 0)
    #expect(try text("x/mine/config/manifest.toml").contains("name = \"mine\"\n"))
    let again = try site.run(["new", "x/mine", "--from", "base", "--non-interactive"])
    #expect(again.status == 1)
    #expect(again.errors.hasPrefix("error: cannot create x/mine/config: it exists already\n"))
    #expect(try site.run(["new", "x/mine", "--from", "base", "--non-interactive", "--force"]).status == 0)
    let itself = try site.run(["new", "./base/", "--from", "base", "--non-interactive", "--force"])
    #expect(itself.status == 1)
    #expect(itself.errors.hasPrefix("error: cannot create ./base/: it is the guest to start from\n"))
    let nothing = try site.run(["new", "other", "--from", "nowhere", "--non-interactive"])
    #expect(nothing.status == 1)
    #expect(nothing.errors.hasPrefix("error: cannot load the config: nowhere/config: no such directory\n"))
  }
}
