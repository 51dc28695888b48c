import BuildModel
import Testing

@testable import Linting

/// What names, patterns and keys look like.
@Suite struct NotationTests {
  @Test(arguments: [
    "*", "example.org", "*.example.org", "EXAMPLE.org", "localhost", "_dmarc.example", "10.0.0.1",
    "xn--bcher-kva.example",
    "a-b.example", "*.com",
  ])
  func `a domain that something matches`(domain: String) {
    #expect(DomainPattern.refusal(of: domain) == nil)
    #expect(DomainPattern.fault(of: domain) == nil)
  }

  @Test(arguments: [
    ("*foo.example", "a star stands in front of a whole name only"),
    ("a.*.example", "a star stands in front of a whole name only"),
    ("*.*.example", "a star stands in front of a whole name only"),
    ("foo*", "a star stands in front of a whole name only"),
    (".example.org", "it begins with a dot"), ("example.org.", "it ends with a dot"),
    ("*.", "it has two dots in a row"), ("a..example", "it has two dots in a row"),
    ("a b.example", "it has a blank"), (" a.example", "it has blanks around it"),
    ("a.example\n", "it has blanks around it"), ("-a.example", "a label begins or ends with -"),
    ("bücher.example", "it has letters that names on the wire do not have"),
    ("a,b.example", "no name has \",\""), ("[::1]", "no name has \"[\""),
    (String(repeating: "a", count: 64) + ".example", "a label has at most 63 bytes"),
    (String(repeating: "abcdefg.", count: 32), "it ends with a dot"),
    (String(repeating: "abcdefg.", count: 32) + "x", "a name has at most 253 bytes"),
  ])
  func `a domain that nothing matches`(domain: String, reason: String) {
    #expect(DomainPattern.fault(of: domain)?.reason == reason)
  }

  @Test func `the host in a URL is what is proposed, if it is one`() {
    #expect(DomainPattern.host(in: "https://a.example:443/b?c") == "a.example")
    #expect(DomainPattern.host(in: "http://") == nil)
    #expect(DomainPattern.host(in: "https://a b/") == nil)
  }

  @Test(arguments: [
    ("*", true), ("*.io", true), ("*.app", true), ("*.abc", true), ("*.abcd", false), ("*.co.uk", false),
    ("com", false), ("*.example.com", false), ("", false),
  ])
  func `a wildcard that is too broad`(domain: String, isBroad: Bool) {
    #expect(DomainPattern.isBroad(domain) == isBroad)
  }

  @Test(arguments: [
    ("a.b.example", "*.b.example"), ("x.a.b.example", "*.b.example"), ("*.a.b.example", "*.b.example"),
    ("*.b.example", "*.b.example"), ("B.other", "b.other"), ("b.example", nil), ("ab.example", nil),
    ("x.b.other", nil),
  ])
  func `what covers a domain`(domain: String, cover: String?) {
    #expect(DomainPattern.cover(of: domain, in: ["*.b.example", "b.other"]) == cover)
  }

  private static let twenty = "0123456789abcdefghij"

  @Test(arguments: [
    ("key=sk-ant-api_03-xyz.", "an Anthropic key", 4), ("AIza_-12345678", "a Google key", 0),
    ("sk-" + twenty, "an OpenAI key", 0), ("\nghp_" + twenty, "a GitHub token", 1),
    ("glpat-0123456789", "a GitLab token", 0), ("Authorization: Bearer\t \(twenty)", "a bearer token", 15),
    ("sk-short, then sk-" + twenty, "an OpenAI key", 15),
  ])
  func `text that looks like a key`(text: String, kind: String, offset: Int) {
    #expect(Secret.first(in: text) == Secret(kind: kind, offset: offset))
  }

  @Test(arguments: [
    "sk-ant-012345678", "AIza012345678", "sk-0123456789-abcdefghij", "ghp_0123456789", "GHP_" + twenty,
    "Bearer" + twenty, "Bearer 0123456789", "bearer " + twenty, "", "sk-",
  ])
  func `text that does not`(text: String) { #expect(Secret.first(in: text) == nil) }

  @Test(arguments: [
    ("git", true), ("g++", true), ("libc6:arm64", true), ("0ad", true), ("git=1:2.39-0+deb12u2", true),
    ("curl/bookworm-backports", true), ("a", false), ("Git", false), ("git ", false), ("-git", false),
    ("git=", false), ("git/", false), ("git:", false), ("git:a:b", false), ("b_c", false), ("", false),
    ("https://a.example/x.deb", false),
  ])
  func `a Debian package`(name: String, fits: Bool) { #expect(PackageNames.isDebian(name) == fits) }

  @Test(arguments: [
    ("rich", true), ("Flask_Login.2", true), ("httpx[http2,brotli]>=0.27,<1", true), ("a (>=1)", true),
    ("a; python_version < '3'", true), ("a @ https://a.example/a-1-py3-none-any.whl", true),
    ("a @ https://a.example/a.whl", false), ("a @ file:wheels/a-1-py3-none-any.whl", true),
    ("a @ file:../a-1-py3-none-any.whl", false), ("a @ file:///srv/a-1-py3-none-any.whl", false),
    ("a===anything", true),
    ("torch==2.*", true), ("a=1", false), ("-e .", false), ("./a", false), ("a b", false), ("a>=", false),
    ("_a", false), ("a-", false), ("", false), ("git+https://a.example/a", false), ("a[x", false),
  ])
  func `a Python requirement`(name: String, fits: Bool) { #expect(PackageNames.isPython(name) == fits) }

  @Test(arguments: [
    ("left-pad", true), ("@scope/name", true), ("@scope/name@1.2.3", true), ("JSONStream@latest", true),
    ("a@^1 || ^2", false), ("@scope", false), ("a/b", false), (".a", false), ("_a", false), ("", false),
    ("a b", false), ("@/a", false), (String(repeating: "a", count: 215), false),
  ])
  func `an npm package`(name: String, fits: Bool) { #expect(PackageNames.isNpm(name) == fits) }

  @Test func `a kernel configuration, whose last line on an option counts`() {
    let defconfig = Defconfig(
      "CONFIG_A=y\r\n# CONFIG_B is not set\nCONFIG_C=m\n#CONFIG_D=y\nCONFIG_A=n\nCONFIG_E=\"x=y\"\n")
    #expect(defconfig.settings["CONFIG_A"] == Defconfig.Setting(value: "n", line: 5))
    #expect(defconfig.settings["CONFIG_B"] == Defconfig.Setting(value: "n", line: 2))
    #expect(defconfig.settings["CONFIG_C"]?.value == "m")
    #expect(defconfig.settings["CONFIG_D"] == nil)
    #expect(defconfig.settings["CONFIG_E"]?.value == "\"x=y\"")
  }

  @Test(arguments: [
    ("apt-get install -y --no-install-recommends", []),
    ("uv pip install --system --break-system-packages", []),
    ("pip3 install --break-system-packages -q", []),
    (
      "uv pip install --system --pre --extra-index-url https://x.example --index-url=y",
      ["--pre", "--extra-index-url https://x.example", "--index-url=y"]
    ),
    ("uv pip install --prerelease allow", ["--prerelease allow"]),
  ])
  func `which options of an install command have no effect`(command: String, disregarded: [String]) {
    let command = InstallCommand(command)
    #expect(command.disregarded == disregarded)
    #expect(disregarded.allSatisfy { InstallCommand.remedy(for: $0) != nil })
  }

  @Test func `a shell never sees an install command`() {
    #expect(InstallCommand("pip install 'a' && rm -rf /").needsShell)
    #expect(!InstallCommand("pip install 'a'").needsShell)
  }

  @Test(arguments: [
    ("guest/config/build.toml", "guest/config/build.toml"), ("./guest/a b.toml", "guest/a%20b.toml"),
    ("/work/guest/ü%.toml", "guest/%C3%BC%25.toml"), ("/other/guest/x.toml", "file:///other/guest/x.toml"),
    ("../guest/x.toml", "../guest/x.toml"),
  ])
  func `a file as an address`(file: String, address: String) {
    #expect(Validation.address(of: file, below: "/work") == address)
  }
}
