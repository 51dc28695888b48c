import BuildModel
import Diagnosis
import GuestConfig
import Testing

@Suite struct RefusalTests {
  @Test(arguments: [
    ("compression_level = 23", "2:21: build.compression_level: expected 1 to 22, found 23"),
    ("compression_level = \"15\"", "2:21: build.compression_level: expected an integer, found a string"),
    ("compression_level = 15.0", "2:21: build.compression_level: expected an integer, found a float"),
    ("compression_level = true", "2:21: build.compression_level: expected an integer, found a boolean"),
    (
      "compression = \"ZSTD\"",
      "2:15: build.compression: expected one of \"zstd\", \"gzip\", \"lzo\", \"xz\", found \"ZSTD\""
    ),
    ("version_commands = { a = 1 }", "2:26: build.version_commands.a: expected a string, found an integer"),
    (
      "image.size = \"12Q\"",
      "2:14: build.image.size: expected a size such as 4096, \"64M\" or \"2G\", found \"12Q\""
    ),
    (
      "image.label = \"seventeen letters\"",
      "2:15: build.image.label: a label has at most 16 bytes, this has 17"
    ),
    ("image.publish_as = \"a/b\"", "2:20: build.image.publish_as: \"a/b\" is not a file name"),
    ("image.compress = \"xz\"", "2:18: build.image.compress: expected \"zstd\", found \"xz\""),
    ("kernel.sha256 = \"ab\"", "2:17: build.kernel.sha256: expected 64 hexadecimal digits, found \"ab\""),
    ("guest.ca = 1", "2:12: build.guest.ca: expected true or false, found an integer"),
    (
      "apt.snapshot = \"yesterday\"",
      "2:16: build.apt.snapshot: expected a moment such as \"20260810T000000Z\", found \"yesterday\""
    ),
    (
      "apt = { mirror = \"m\", sources = [{ uris = [\"u\"], suites = [\"s\"], components = [\"main\"] }] }",
      "2:18: build.apt.mirror: has no meaning beside [[build.apt.sources]]"
    ),
    (
      "apt.sources = [{ suites = [\"s\"], components = [] }]",
      "2:16: build.apt.sources.uris: missing, expected non-empty list of strings"
    ),
    ("host = \"1.0\"", "2:8: build.host: expected a table, found a string"),
    (
      "network.credentials = [{ host = \"a\", token_env = \"s3cret value\" }]",
      "2:50: build.network.credentials.token_env: "
        + "expected the name of an environment variable, which holds the secret"
    ),
    (
      "network.credentials = [{ host = \"https://u:p@a\", token_env = \"T\" }]",
      "2:33: build.network.credentials.host: expected a server's name, or NAME:PORT"
    ),
    (
      "network.credentials = [{ host = \"a\", username_env = \"U\" }]",
      "2:53: build.network.credentials.username_env: has no meaning without password_env"
    ),
    (
      "network.credentials = [{ host = \"a\", token_env = \"T\", password_env = \"P\", username_env = \"U\" }]",
      "2:50: build.network.credentials.token_env: has no meaning beside username_env and password_env"
    ),
    (
      "network.credentials = [{ host = \"a\", client_key = \"/k\", token_env = \"T\" }]",
      "2:51: build.network.credentials.client_key: has no meaning without client_certificate"
    ),
    (
      "apt.mirror = \"https://user:secret@mirror.example/debian\"",
      "2:14: build.apt.mirror: expected an address without a user's name and password: "
        + "[[build.network.credentials]] is for them"
    ),
    (
      "apt.sources = [{ uris = [\"http://a/\", \"http://token@b\"], suites = [\"s\"], components = [] }]",
      "2:39: build.apt.sources.uris: expected an address without a user's name and password: "
        + "[[build.network.credentials]] is for them"
    ),
    (
      "network.ca_bundle = \"ca.pem\"",
      "2:21: build.network.ca_bundle: expected an absolute path without \"..\", found \"ca.pem\""
    ),
  ])
  func `points at a wrong value of build.toml`(line: String, expected: String) throws {
    let text = GuestFixture.build.replacing("[build]\n", with: "[build]\n\(line)\n")
    try expect(["build.toml": text], "build.toml:\(expected)")
  }

  private func set(_ manager: String, _ package: String) -> [String: String] {
    let set = """
      [tools]
      name = "n"
      manager = "\(manager)"
      install_cmd = "x"
      packages = ["\(package)"]

      """
    return ["build.toml": GuestFixture.build, "packages/1.toml": set]
  }

  @Test(arguments: [
    ("curl", "https://user:secret@files.example/f"), ("uv", "p @ https://secret@files.example/p.whl"),
    ("npm", "git+https://secret@git.example/p.git"),
  ])
  func `takes no address with credentials for a package`(manager: String, package: String) throws {
    try expect(
      set(manager, package),
      "packages/1.toml:5:13: tools.packages: expected an address without a user's name and password: "
        + "[[build.network.credentials]] is for them")
  }

  @Test(arguments: [
    ("curl", "https://files.example/@scope/f@1?to=a@b"), ("uv", "p @ https://files.example/a@b/p.whl"),
    ("npm", "@scope/p@1"),
  ])
  func `takes an @ elsewhere for what it is`(manager: String, package: String) throws {
    let guest = GuestFixture(set(manager, package))
    let configuration = try GuestConfiguration(loading: guest.path)
    #expect(configuration.packageSets.map { $0.packages.map(\.value) } == [[package]])
  }

  @Test(arguments: [
    ("", "1:1: build: missing, expected table"),
    ("build = 1", "1:9: build: expected a table, found an integer"),
    ("[build]\n", "1:2: build.architectures: missing, expected table of tables"),
    ("[build]\narchitectures = {}", "2:1: build.architectures: must have at least one entry"),
    ("[build.architectures]\nx = 1", "2:5: build.architectures.x: expected a table, found an integer"),
    ("[build", "1:7: "),
  ])
  func `refuses a build.toml without what it needs`(text: String, expected: String) throws {
    try expect(["build.toml": text], "build.toml:\(expected)", prefix: true)
  }

  @Test(arguments: [
    ("resources", "cpu_count = 9", "2:13: resources.cpu_count: expected 1 to 8, found 9"),
    (
      "resources", "terminated_retention_days = 29",
      "2:29: resources.terminated_retention_days: expected 30 to 3650, found 29"
    ),
    ("environment", "shell.term = 1", "2:14: environment.shell.term: expected a string, found an integer"),
    (
      "environment", "[environment.shell.bashrc]\npath = \"/p\"",
      "2:20: environment.shell.bashrc.content: missing, expected string"
    ),
  ])
  func `points at a wrong value below vm`(file: String, line: String, expected: String) throws {
    try expect(["vm/\(file).toml": "[\(file)]\n\(line)\n"], "vm/\(file).toml:\(expected)")
  }

  @Test(
    arguments: [
      ("packages = []", "3:12: python.packages: must have at least one entry", .emptyPackages),
      ("packages = [1]", "3:13: python.packages: expected a string, found an integer", .value),
      ("packages = [\"a\"]\ninstall_cmd = \"\"", "4:15: python.install_cmd: must not be empty", .value),
      (
        "packages = [\"a==1\"]\nversion_commands = { b = \"b -V\" }",
        "4:22: python.version_commands.b: \"b\" is not in packages", .value
      ),
      (
        "packages = [\"a\"]\nmanager = \"brew\"",
        "4:11: python.manager: expected one of \"apt\", \"uv\", \"pip\", \"npm\", \"curl\", found \"brew\"",
        .manager
      ),
    ] as [(String, String, GuestConfigProblem.Kind)])
  func `points at a wrong value of a package set`(
    lines: String, expected: String, kind: GuestConfigProblem.Kind
  ) throws {
    var text = "[python]\nname = \"P\"\n\(lines)\n"
    if !lines.contains("install_cmd") { text += "install_cmd = \"uv\"\n" }
    if !lines.contains("manager") { text += "manager = \"uv\"\n" }
    let problems = try expect(["packages/x.toml": text], "packages/x.toml:\(expected)")
    #expect(problems.map(\.kind) == [kind])
  }

  @Test func `a version command may name a pinned package`() throws {
    let guest = GuestFixture([
      "packages/x.toml": """
      python = { name = "P", manager = "uv", install_cmd = "uv", packages = ["A-b[x]>=1; python_version > '3'"], \
      version_commands = { "A-b" = "true" } }
      """
    ])
    let set = try GuestConfiguration(loading: guest.path).packageSets[0]
    #expect(PythonRequest(set.packages[0]).normalizedName == "a-b")
  }

  @Test(arguments: [
    ("transport = \"stdio\"", "1:2: t.command: transport \"stdio\" needs a command"),
    ("transport = \"sse\"\nurl = \"\"", "4:7: t.url: transport \"sse\" needs a url"),
    ("transport = \"http\"", "3:13: t.transport: expected one of \"stdio\", \"sse\", found \"http\""),
    ("url = \"x\"", "1:2: t.transport: missing, expected one of \"stdio\", \"sse\""),
  ])
  func `asks for what a transport needs`(lines: String, expected: String) throws {
    try expect(["mcp/x.toml": "[t]\nname = \"T\"\n\(lines)\n"], "mcp/x.toml:\(expected)")
  }

  @Test(arguments: [
    ("prefix = \"opt\"", "prefix: expected an absolute path without \"..\", found \"opt\""),
    ("prefix = \"/opt/../etc\"", "prefix: expected an absolute path without \"..\", found \"/opt/../etc\""),
    ("links = { \"a/b\" = \"bin/b\" }", "links.a/b: \"a/b\" is not a file name"),
    ("links = { a = \"../b\" }", "links.a: expected a path inside what was installed, found \"../b\""),
    ("sha256 = [\"\(String(repeating: "0", count: 64))\"]", "sha256: only manager \"curl\" takes digests"),
  ])
  func `refuses an installation that leaves its place`(line: String, expected: String) throws {
    let text =
      "[acme]\n" + GuestFixture.provider + "[acme.install]\nmanager = \"npm\"\npackages = []\n\(line)\n"
    let problems = try problems(["ai/a.toml": text])
    #expect(problems.map { "\($0.key): \($0.reason)" } == ["acme.install.\(expected)"])
    #expect(problems.map(\.position.line) == [11])
  }

  @Test func `collects the problems of all files in the order of loading`() throws {
    let found = try problems([
      "vm/resources.toml": "[resources]\nram_gb = 17\n", "security/web.toml": "[wbe]\n",
      "ai/a.toml": "[acme]\nname = 1\n", "ai/b.toml": "[x\n",
    ])
    #expect(
      found.map(\.key) == [
        "acme.name", "acme.api_key", "acme.network", "", "web", "resources.ram_gb",
      ])
    #expect(found[3].kind == .syntax)
    let error = GuestConfigError(directory: "guest/config", problems: found)
    #expect(error.summary == "cannot load guest/config: 6 problems")
    #expect(error.causes.count == 6)
    #expect(
      Report(of: error).causes[5].hasSuffix(
        "resources.toml:2:10: resources.ram_gb: expected 1 to 16, found 17"))
  }

  @Test func `says which file is missing`() throws {
    let guest = GuestFixture()
    guest.remove("build.toml")
    let error = #expect(throws: GuestConfigError.self) { try GuestConfiguration(loading: guest.path) }
    #expect(error?.problems.map(\.kind) == [.missing])
    #expect(error?.summary.hasSuffix("config/build.toml: no such file") == true)
    let absent = #expect(throws: GuestConfigError.self) { try GuestConfiguration(loading: "/nonexistent") }
    #expect(absent?.problems.map(\.reason) == ["no such directory"])
    #expect(absent?.hints == ["`capsem-native init /nonexistent` writes a first config"])
  }

  @Test func `refuses text that is not UTF-8, at its position`() throws {
    let guest = GuestFixture()
    guest.write("manifest.toml", Array("[image]\nname = \"".utf8) + [0xff, 0x22])
    let error = #expect(throws: GuestConfigError.self) { try GuestConfiguration(loading: guest.path) }
    #expect(error?.problems.map(\.description) == ["\(guest.path)/config/manifest.toml:2:9: not UTF-8"])
  }

  private func problems(_ files: [String: String]) throws -> [GuestConfigProblem] {
    let guest = GuestFixture(files)
    let error = #expect(throws: GuestConfigError.self) { try GuestConfiguration(loading: guest.path) }
    return (error?.problems ?? []).map { problem in
      var problem = problem
      problem.position.file.removeFirst(guest.path.count + "/config/".count)
      return problem
    }
  }

  @discardableResult
  private func expect(_ files: [String: String], _ expected: String, prefix: Bool = false) throws
    -> [GuestConfigProblem]
  {
    let found = try problems(files)
    let text = found.map(\.description).joined(separator: "\n")
    #expect(prefix ? text.hasPrefix(expected) : text == expected, "\(text)")
    return found
  }
}
