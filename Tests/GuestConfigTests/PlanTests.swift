import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Testing

@Suite struct PlanTests {
  private static func set(
    _ key: String, _ packages: String, command: String = "x", manager: String = "apt"
  ) -> String {
    "[\(key)]\nname = \"n\"\nmanager = \"\(manager)\"\ninstall_cmd = \"\(command)\"\npackages = [\(packages)]\n"
  }

  private static func provider(_ key: String, _ lines: String) -> String {
    "[\(key)]\n" + GuestFixture.provider.replacing("acme", with: key) + lines + "\n"
  }

  private static let files = [
    "packages/1.toml": set("apt", "\"bash\", \"git\", \"bash\"") + set("python", "\"numpy==2\""),
    "packages/2.toml": set("tools", "\"less\", \"git\"") + set("node", "\"@a/b\", \"d@^2\"", manager: "npm")
      + set("files", "\"https://files.example/f\"", manager: "curl"),
    "ai/1.toml": provider(
      "one", "[one.install]\nmanager = \"npm\"\nprefix = \"/opt/a\"\npackages = [\"@a/b\"]")
      + provider(
        "two",
        """
        [two.install]
        manager = "curl"
        packages = ["https://two.example/a", "https://two.example/b"]
        [two.cli]
        key = "two"
        name = "Two"
        version_command = "two --version"
        """)
      + provider("three", "[three.install]\nmanager = \"npm\"\nprefix = \"/opt/c\"\npackages = [\"c\"]"),
    "ai/2.toml": "[off]\nenabled = false\n" + GuestFixture.provider.replacing("acme", with: "off")
      + "[off.install]\nmanager = \"npm\"\nprefix = \"/opt/d\"\npackages = [\"d\"]\n",
  ]

  @Test func `installs what sets and enabled providers ask for, by manager`() throws {
    let guest = GuestFixture(Self.files)
    let configuration = try GuestConfiguration(loading: guest.path)
    let plan = InstallPlan(configuration)
    #expect(plan.apt.map(\.text) == ["bash", "git", "less"])
    #expect(plan.python.map(\.requirement) == ["numpy==2"])
    #expect(plan.npm.map(\.text) == ["@a/b", "d@^2", "c"])
    #expect(plan.npm.map(\.name) == ["@a/b", "d", "c"])
    #expect(plan.fetched.map(\.key) == ["files", "two"])
    #expect(plan.fetched.map(\.prefix) == ["/opt/files", "/opt/two"])
    #expect(plan.fetched[1].files.map(\.digest) == [nil, nil])
    #expect(plan.providers.map(\.key) == ["one", "two", "three"])
    #expect(plan.npmPrefix == "/opt/c")
    #expect(plan.providers.map(\.prefix) == ["/opt/c", "/opt/two", "/opt/c"])
    #expect(VersionCommands(configuration).providers.map(\.name) == ["two"])
  }

  @Test func `the identity of resolving ignores what resolving does not see`() throws {
    let base = try identity(Self.plain)
    var changed = Self.plain
    changed["build.toml"] = "# a comment\n" + GuestFixture.build + "[build.image]\nlabel = \"x\"\n"
    changed["packages/1.toml"] = Self.set("apt", "\"git\", \"bash\"", command: "other")
    changed["vm/resources.toml"] = "[resources]\ncpu_count = 2\n"
    #expect(try identity(changed) == base)
  }

  @Test(arguments: [
    ("packages/1.toml", set("apt", "\"git\", \"bash=5\"")),
    ("packages/2.toml", set("python", "\"numpy\"")),
    ("build.toml", GuestFixture.build + "node_major = 22\n"),
    ("build.toml", GuestFixture.build + "base_image = \"debian:trixie\"\n"),
    ("build.toml", GuestFixture.build + "[build.apt]\nrecommends = true\n"),
    ("build.toml", GuestFixture.build.replacing("x86_64]", with: "arm64]")),
    ("ai/1.toml", provider("one", "[one.install]\nmanager = \"npm\"\npackages = [\"@a/b\"]")),
    ("packages/2.toml", set("tools", "\"less\"")),
    ("packages/2.toml", set("node", "\"d\"", manager: "npm")),
    ("packages/2.toml", set("files", "\"https://files.example/f\"", manager: "curl")),
  ])
  func `the identity of resolving sees`(file: String, text: String) throws {
    var changed = Self.plain
    changed[file] = text
    #expect(try identity(changed) != identity(Self.plain))
  }

  @Test func `each part of a build has an identity of its own`() throws {
    let guest = GuestFixture(Self.plain)
    let before = try GuestConfiguration(loading: guest.path)
    var after = before
    after.build.image.label = "new"
    after.build.versionCommands = [NamedText("a", "a \"quoted\"\nb", at: SourcePosition(file: ""))]
    let architecture = before.build.architectures[0]
    #expect(
      try ConfigurationIdentity(configuring: architecture, of: before)
        == ConfigurationIdentity(configuring: architecture, of: after))
    #expect(
      ConfigurationIdentity(installing: architecture, of: before)
        == ConfigurationIdentity(installing: architecture, of: after))
    #expect(ConfigurationIdentity(imaging: before) != ConfigurationIdentity(imaging: after))
    #expect(
      ConfigurationIdentity(askingVersionsOf: after).text
        == "capsem-native versions 1\nsystem \"a\" \"a \\\"quoted\\\"\\nb\"\n")
    #expect(
      ConfigurationIdentity(imaging: after).text
        == "capsem-native image 1\nlabel \"new\"\nsize \"minimal\" \"0\"\n")
  }

  @Test(
    arguments: [
      ("0", 0), ("4095", 4095), ("64M", 64 << 20), ("2G", 2 << 30), ("1K", 1024), ("", nil), ("G", nil),
      ("-1", nil), ("1g", nil), ("1 G", nil), ("1.5G", nil), ("99999999999G", nil), ("2GB", nil),
    ] as [(String, Int64?)])
  func `reads sizes`(text: String, bytes: Int64?) {
    #expect(ByteCount(text)?.bytes == bytes)
    if let size = ByteCount(text) { #expect(size.description == text) }
  }

  private static let plain = ["packages/1.toml": set("apt", "\"bash\", \"git\"")]

  private func identity(_ files: [String: String]) throws -> String {
    let guest = GuestFixture(files)
    return try ConfigurationIdentity(resolving: GuestConfiguration(loading: guest.path)).digest.hex
  }
}
