import TestSupport
import Testing

/// The command line as a user types it.
@Suite struct UsageTests {
  @Test(arguments: [
    ["--help"], ["--version"], ["build", "--help"], ["lock", "--help"], ["mirror", "--help"],
    ["pack", "--help"],
    ["shell", "--help"], ["settings", "--help"],
    ["inspect", "--help"], ["shell", "--help"],
    ["shell", "--help"], ["settings", "--help"], ["init", "--help"], ["new", "--help"], ["add", "--help"],
    ["add", "ai-provider", "--help"], ["add", "packages", "--help"], ["add", "mcp", "--help"],
  ])
  func `help is data, and status 0`(arguments: [String]) throws {
    let result = try BuildSite().run(arguments)
    #expect(result.status == 0)
    #expect(!result.output.isEmpty)
    #expect(result.errors == "")
  }

  @Test(arguments: [
    (["build", "--nonsense"], "Error: Unknown option '--nonsense'"),
    (["bild"], "Error: "),
    (["build", "a", "b"], "Error: Unexpected argument 'b'"),
    (["build", "--until", "never"], "Error: The value 'never' is invalid for '--until <until>'"),
    (["build", "--refresh", "--locked"], "Error: --refresh contradicts --locked"),
    (["build", "--refresh", "--offline"], "Error: --refresh contradicts --offline"),
    (["mirror", "guest"], "Error: expected two directories: the guest's and the mirror's"),
    (["mirror", "--verify", "a", "b"], "Error: --verify takes one directory: the mirror's"),
    (["mirror", "--verify", "--prune", "a"], "Error: --verify writes nothing, so it takes no other option"),
    (["mirror", "a", "b", "--lock", "c"], "Error: --lock is of use with --prune only"),
    (["pack", "tree"], "Error: Missing expected argument '<image>'"),
    (["shell"], "Error: Missing expected argument '<workspace>'"),
    (["new"], "Error: Missing expected argument '<target>'"),
    (["add", "mcp"], "Error: Missing expected argument '<name>'"),
    (
      ["add", "packages", "x", "--manager", "curl"],
      "Error: The value 'curl' is invalid for '--manager <manager>'"
    ),
  ])
  func `wrong usage is status 2`(arguments: [String], message: String) throws {
    let result = try BuildSite().run(arguments)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
    #expect(result.errors.contains("Usage: capsem-native"))
  }

  @Test func `a guest that is not there is an error with a remedy`() throws {
    let result = try BuildSite().run(["build", "nowhere"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot load the config: nowhere/config: no such directory
        hint: `capsem-native init nowhere` writes a first config

        """)
  }

  @Test func `an architecture that the config does not have is an error that lists them`() throws {
    let site = try BuildSite()
    try site.configure(["greeting"])
    let result = try site.run(["build", "--arch", "mips"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot build mips: the config has no such architecture
        hint: it has \(BuildSite.architecture)

        """)
  }

  @Test func `a shell needs a workspace`() throws {
    let result = try BuildSite().run(["shell", "nowhere"])
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: cannot enter "))
    #expect(
      result.errors.hasSuffix(
        "/nowhere: it is not a workspace\nhint: `capsem-native build --keep` prints the workspace of a build that failed\n"
      ))
  }
}
