import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig
import Linting
import TestSupport
import Testing

/// What is found beside faults, and where it points.
@Suite struct FindingTests {
  // MARK: Beside what could not be read

  @Test func `what could not be read is not taken for absent`() throws {
    let packages = "[apt]\nname = \"A\"\nmanager = \"apt\"\ninstall_cmd = \"x\"\n"
    // Each has one fault, in the very value that a warning would miss: network, python3, the registry.
    #expect(
      try found(["config/packages/apt.toml": packages + "packages = [\"git\"]\nnetwork = 1\n"])
        == ["config/packages/apt.toml:6:11 E003"])
    let python = GuestFiles.packages("\"rich\"", key: "python", manager: "uv", command: "uv pip install")
    #expect(
      try found(["config/packages/python.toml": python, "config/packages/apt.toml": "[apt"])
        == ["config/packages/apt.toml:1:5 E002"])
    #expect(
      try found([
        "config/packages/apt.toml": GuestFiles.packages("\"git\""),
        "config/security/web.toml":
          "[web]\nallow_read = true\nallow_write = true\ncustom_block = 1\nregistry = 2\n",
      ]) == ["config/security/web.toml:4:16 E003", "config/security/web.toml:5:12 E003"])
    #expect(
      try found([
        "config/ai/acme.toml": GuestFiles.provider("enabled = 1\ncli = { key = \"a\", name = \"A\" }")
      ]) == ["config/ai/acme.toml:5:11 E003"])
    #expect(
      try found(["config/build.toml": GuestFiles.build.replacing("\"debian:bookworm-slim\"", with: "1")])
        == ["config/build.toml:2:14 E003"])
  }

  @Test func `what could be read is checked beside a fault in the same table`() throws {
    #expect(
      try found(["config/ai/acme.toml": GuestFiles.provider("description = 1", domains: "\"a/b\"")])
        == ["config/ai/acme.toml:5:15 E003", "config/ai/acme.toml:4:24 E006"])
  }

  @Test func `a table that a later file replaces is not checked`() throws {
    let changes = [
      "config/packages/a.toml": GuestFiles.packages("\"Wrong\"", network: ""),
      "config/packages/b.toml": GuestFiles.packages("\"git\""),
    ]
    #expect(try found(changes) == ["config/packages/b.toml:1:2 E008"])
  }

  // MARK: Hints

  @Test(arguments: [
    ("config/vm/resources.toml", "[resources]\nram_gbs = 4", "did you mean `ram_gb`?"),
    ("config/build.toml", GuestFiles.build + "[build.atp]\nsuite = \"x\"", "did you mean `apt`?"),
    ("config/build.toml", GuestFiles.build + "kernel_brnach = \"x\"", "did you mean `kernel_branch`?"),
    ("config/ai/a.toml", GuestFiles.provider("env_vars = []"), "`env_vars` is a key of [PROVIDER.api_key]"),
    ("config/package/apt.toml", "", "did you mean `packages/apt.toml`?"),
    ("config/ai/old/acme.toml", "", "files are read directly in `ai`, not below"),
    ("config/web.toml", "", "did you mean `security/web.toml`?"),
    ("config/bild.toml", "", "did you mean `build.toml`?"),
    ("config/packages/x.toml", GuestFiles.packages("\"x1\"", manager: "atp"), "did you mean `apt`?"),
    (
      "config/packages/x.toml",
      GuestFiles.packages(
        "\"tmux\", \"git\"",
        network: "version_commands = { tmxu = \"x\" }\nnetwork = { name = \"\", domains = [] }"),
      "did you mean `tmux`?"
    ),
  ])
  func `proposes the nearest name`(file: String, text: String, hint: String) throws {
    let hints = try validation([file: text]) { validation, _ in validation.diagnostics.map(\.hint) }
    #expect(hints == [hint])
  }

  // MARK: Places

  @Test(arguments: [
    ("content = '''\n{\n  \"a\": nope\n}'''", "9:8"), ("content = \"\"\"{\"b\":\n nope}\"\"\"", "8:2"),
    ("content = \"\"\"\r\n{\r\n nope}\"\"\"", "9:2"), ("content = '{nope}'", "7:13"),
    ("content = '{\"é\": nope}'", "7:18"),
    // With escapes, nobody can say; then it is the string.
    ("content = \"{\\\"a\\\": nope}\"", "7:11"),
  ])
  func `points into the text of a string`(content: String, place: String) throws {
    let text = GuestFiles.provider("[acme.files.a]\npath = \"/a.json\"\n\(content)")
    #expect(try found(["config/ai/acme.toml": text]) == ["config/ai/acme.toml:\(place) E010"])
  }

  // MARK: Hostile input

  @Test func `what is no config is a diagnostic`() throws {
    let scratch = try ScratchDirectory()
    let long = String(repeating: "x", count: 3_000_000)
    try GuestFiles([
      "config/ai/deep.toml": "a = " + String(repeating: "[", count: 100_000),
      "config/ai/long.toml": GuestFiles.provider("x = 1", key: "long", domains: "\"\(long)\", \"\(long)/\""),
      "config/ai/nul.toml": "a = \"\0\"", "config/ai/huge.toml": "a = 99999999999999999999",
      "config/mcp/many.toml": (0..<20_000).map { "k\($0) = 1\n" }.joined(),
    ]).write(to: scratch)
    let config = scratch.file("guest/config")
    try scratch.write(noise(10_000), to: "guest/config/ai/noise.toml")
    #expect(mkfifo("\(config)/ai/pipe.toml", 0o600) == 0)
    #expect(mkdir("\(config)/packages", 0o755) == 0)
    #expect(mkdir("\(config)/packages/directory.toml", 0o755) == 0)
    #expect(symlink("loop.toml", "\(config)/packages/loop.toml") == 0)
    #expect(symlink(".", "\(config)/packages/self") == 0)
    #expect(symlink("user@host.1", "\(config)/packages/.#apt.toml") == 0)
    #expect(unlink("\(config)/kernel/defconfig.x86_64") == 0)
    #expect(mkfifo("\(config)/kernel/defconfig.x86_64", 0o600) == 0)
    let diagnostics = Validation(of: scratch.file("guest")).diagnostics
    let codes = Dictionary(grouping: diagnostics, by: \.code.rawValue).mapValues(\.count)
    #expect(codes == ["E001": 3, "E002": 4, "E003": 20_000, "E006": 1, "E300": 1, "W014": 1, "W024": 1])
    #expect(diagnostics.allSatisfy { $0.message.utf8.count < 1000 })
  }

  @Test func `no message has a line end or acts on a terminal`() throws {
    let changes = [
      "config/ai/acme.toml": GuestFiles.provider(domains: "\"a\\n\\u001b[31m/\\u202e\""),
      "config/ai/a\u{1b}[31m\n.toml": "[",
    ]
    let text = try validation(changes) { validation, _ in validation.plainText }
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 && $0.value != 0x202e })
  }
}
