import BuildModel
import Diagnosis
import GuestConfig
import Testing

@Suite struct LoadingTests {
  @Test func `build.toml alone gives the defaults`() throws {
    let guest = GuestFixture()
    let configuration = try GuestConfiguration(loading: guest.path)
    let architecture = try #require(configuration.build.architectures.first)
    #expect(architecture.name == "x86_64")
    #expect(architecture.nodeMajor == 24)
    #expect(architecture.kernelBranch == "auto")
    #expect(architecture.debian == .amd64)
    #expect(configuration.build.compressionLevel == 15)
    #expect(configuration.image == nil)
    #expect(configuration.web.httpUpstreamPorts == [80, 11434])
    #expect(configuration.resources == VMResources())
    #expect(try configuration.debianSuite() == "bookworm")
  }

  @Test func `reads every table of the schema's additions`() throws {
    let guest = GuestFixture([
      "build.toml": GuestFixture.build + """
        [build.image]
        label = "capsem"
        size = "2G"
        headroom = 4096
        compress = "zstd"
        publish_as = "rootfs.erofs"
        [build.apt]
        keyring = "keys.gpg"
        recommends = true
        [[build.apt.sources]]
        uris = ["https://one.example/debian"]
        suites = ["trixie", "trixie-updates"]
        components = ["main", "contrib"]
        pin = 990
        [[build.apt.sources]]
        uris = ["https://two.example/debian"]
        suites = ["trixie"]
        components = ["main"]
        signed_by = "two.gpg"
        [build.node]
        source = "node"
        [build.kernel]
        version = "6.18.44"
        [build.guest]
        ca = true
        [build.host]
        version = "0.6.0"
        """
    ])
    let build = try GuestConfiguration(loading: guest.path).build
    #expect(build.image.size == .bytes(ByteCount(2 << 30)))
    #expect(build.image.headroom.bytes == 4096)
    #expect(build.image.compress == .zstd)
    #expect(build.guest.ca && !build.guest.binaries)
    #expect(build.host.version == "0.6.0")
    let archives = build.apt.archives(suite: "trixie", mirror: "M", securityMirror: "S")
    #expect(archives.map(\.name) == ["trixie", "trixie-updates", "trixie-2"])
    #expect(archives.map { $0.signedBy?.value } == ["keys.gpg", "keys.gpg", "two.gpg"])
    #expect(archives[1].pin == 990)
  }

  @Test func `the short form means the suite with its updates`() {
    let archives = DebianSources().archives(suite: "bookworm", mirror: "M", securityMirror: "S")
    #expect(
      archives.map { "\($0.name) \($0.uri) \($0.suite)" }
        == ["main M bookworm", "updates M bookworm-updates", "security S bookworm-security"])
    #expect(DebianSources().archives(suite: "sid", mirror: "M", securityMirror: "S").count == 1)
  }

  @Test func `files are read in the order of names and a later table replaces an earlier`() throws {
    let guest = GuestFixture([
      "ai/b.toml": "[acme]\n" + GuestFixture.provider + "[zeta]\n"
        + GuestFixture.provider.replacing("acme", with: "zeta"),
      "ai/c.toml": "[acme]\nenabled = false\n" + GuestFixture.provider,
      "ai/a.toml": "[first]\n" + GuestFixture.provider.replacing("acme", with: "first"),
      "ai/notes.txt": "not read",
    ])
    let configuration = try GuestConfiguration(loading: guest.path)
    #expect(configuration.providers.map(\.key) == ["first", "acme", "zeta"])
    #expect(configuration.providers[1].enabled == false)
    let replaced = try #require(configuration.replaced.first)
    #expect(configuration.replaced.count == 1)
    #expect(replaced.earlier.description == "\(guest.path)/config/ai/b.toml:1:2")
    #expect(replaced.later.description == "\(guest.path)/config/ai/c.toml:1:2")
  }

  @Test func `unknown keys are ignored and listed`() throws {
    let guest = GuestFixture([
      "build.toml": "colour = 1\n" + GuestFixture.build + "speed = \"fast\"\n[build.apt]\nmiror = \"x\"\n",
      "mcp/a.toml": "[tool]\nname = \"T\"\ntransport = \"stdio\"\ncommand = \"/t\"\nenv = { A = \"1\" }\n",
    ])
    let ignored = try GuestConfiguration(loading: guest.path).ignored
    #expect(ignored.map(\.value) == ["colour", "build.architectures.x86_64.speed", "build.apt.miror"])
    #expect(ignored[0].position == SourcePosition(file: "\(guest.path)/config/build.toml"))
  }

  @Test func `keeps where package names stand`() throws {
    let guest = GuestFixture([
      "packages/apt.toml": """
      [apt]
      name = "System"
      manager = "apt"
      install_cmd = "apt-get install -y"
      packages = [
        "bash",
        "git=1:2.39.5-0+deb12u2",
        "curl/bookworm-backports",
      ]
      """
    ])
    let set = try GuestConfiguration(loading: guest.path).packageSets[0]
    #expect(set.packages.map(\.position.line) == [6, 7, 8])
    let requests = set.packages.map(AptRequest.init)
    #expect(requests.map(\.name) == ["bash", "git", "curl"])
    #expect(requests[1].version == "1:2.39.5-0+deb12u2")
    #expect(requests[2].release == "bookworm-backports")
    #expect(requests.map(\.text) == set.packages.map(\.value))
  }

  @Test func `line ends of other systems change nothing`() throws {
    let unix = GuestFixture()
    let dos = GuestFixture(["build.toml": GuestFixture.build.replacing("\n", with: "\r\n")])
    var configuration = try GuestConfiguration(loading: dos.path)
    let expected = try GuestConfiguration(loading: unix.path)
    configuration.build.architectures[0] = expected.build.architectures[0]
    #expect(configuration.build == expected.build)
  }

  @Test(arguments: [
    ("debian:trixie-slim", "trixie"), ("debian:sid", "sid"), ("debian:", nil), ("ubuntu:24.04", nil),
    ("debian:Book/worm", nil),
  ])
  func `takes the suite from the base image`(image: String, suite: String?) throws {
    let guest = GuestFixture(["build.toml": GuestFixture.build + "base_image = \"\(image)\"\n"])
    let configuration = try GuestConfiguration(loading: guest.path)
    guard let suite else {
      let error = #expect(throws: GuestConfigError.self) { try configuration.debianSuite() }
      #expect(error?.problems[0].position.line == 8)
      return
    }
    #expect(try configuration.debianSuite() == suite)
  }

  @Test func `loads the guest that is shipped`() throws {
    let configuration = try GuestConfiguration(loading: repository("guest"))
    #expect(configuration.ignored == [])
    #expect(configuration.replaced == [])
    #expect(InstallPlan(configuration).apt.count > 25)
    #expect(try ConfigurationIdentity(resolving: configuration).text.contains("suite \"bookworm\""))
  }
}

extension String {
  func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
