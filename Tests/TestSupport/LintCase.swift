/// A change of the sound guest that one diagnostic is about, and one nearby that is fine.
package struct LintCase: Sendable, CustomStringConvertible {
  /// "config/ai/acme.toml:4:24 E006", everything that is found.
  package var found: [String]
  package var trigger: [String: String?]
  package var nearMiss: [String: String?]
  /// The artifacts are checked, too.
  package var artifacts: Bool

  package var description: String { found.joined(separator: ", ") }
  /// Of the first line.
  package var code: String { String(found[0].suffix(4)) }

  init(
    _ found: String..., trigger: [String: String?], nearMiss: [String: String?], artifacts: Bool = false
  ) {
    self.found = found
    self.trigger = trigger
    self.nearMiss = nearMiss
    self.artifacts = artifacts
  }

  /// The same file with another text.
  private init(_ found: String..., in file: String, _ trigger: String, nearMiss: String) {
    self.found = found
    self.trigger = [file: trigger]
    self.nearMiss = [file: nearMiss]
    artifacts = false
  }

  package static let all: [LintCase] = loading + build + providers + packages + web + machine

  private static let ai = "config/ai/acme.toml"
  private static let apt = "config/packages/apt.toml"
  private static let policy = "config/security/web.toml"
  private static let resources = "config/vm/resources.toml"

  private static let loading: [LintCase] = [
    LintCase("config/build.toml E001", trigger: ["config/build.toml": nil], nearMiss: [:]),
    LintCase(
      "config/manifest.toml:2:8 E002", in: "config/manifest.toml", "[image]\nname = ",
      nearMiss: "[image]\nname = \"n\""),
    // Wherever it lies, and nothing else is said of it.
    LintCase(
      "config/notes/x.toml:1:5 E002", "config/notes/x.toml W015", trigger: ["config/notes/x.toml": "a = "],
      nearMiss: ["config/notes/x.txt": "a = "]),
    LintCase(
      "config/vm/resources.toml:2:13 E003", in: resources, "[resources]\ncpu_count = 9",
      nearMiss: "[resources]\ncpu_count = 8"),
    LintCase(
      "config/vm/resources.toml:2:10 E003", in: resources, "[resources]\nram_gb = \"4\"",
      nearMiss: "[resources]\nram_gb = 4"),
    LintCase(
      "config/mcp/tool.toml:1:2 E003", in: "config/mcp/tool.toml",
      "[tool]\nname = \"T\"\ntransport = \"sse\"",
      nearMiss: "[tool]\nname = \"T\"\ntransport = \"sse\"\nurl = \"u\""),
    LintCase(
      "config/packages/apt.toml:5:12 E004", in: apt, GuestFiles.packages(""),
      nearMiss: GuestFiles.packages("\"git\"")),
    LintCase(
      "config/packages/apt.toml:3:11 E005", in: apt, GuestFiles.packages("\"git\"", manager: "APT"),
      nearMiss: GuestFiles.packages("\"git\"", manager: "apt")),
    LintCase(
      "config/ai/b.toml:1:2 E008", "config/ai/c.toml:1:2 E008",
      trigger: [
        ai: GuestFiles.provider(), "config/ai/b.toml": GuestFiles.provider(),
        "config/ai/c.toml": GuestFiles.provider(),
      ],
      nearMiss: [
        ai: GuestFiles.provider(),
        "config/ai/b.toml": GuestFiles.provider(key: "b", variables: "\"B\""),
      ]),
    // One name in two directories is no repeat.
    LintCase(
      "config/packages/b.toml:1:2 E008",
      trigger: [
        apt: GuestFiles.packages("\"git\""), "config/packages/b.toml": GuestFiles.packages("\"less\""),
      ],
      nearMiss: [apt: GuestFiles.packages("\"git\""), ai: GuestFiles.provider(key: "apt")]),
    LintCase(
      "config/vm/resources.toml:2:1 W014", in: resources, "[resources]\ncpu_cout = 2",
      nearMiss: "[resources]\ncpu_count = 2"),
    LintCase(
      "config/web.toml W015", trigger: ["config/web.toml": "[web]"], nearMiss: ["config/web.md": "[web]"]),
  ]

  private static let build: [LintCase] = [
    LintCase(
      "config/build.toml:2:14 E011", in: "config/build.toml",
      GuestFiles.build.replacing("debian:bookworm-slim", with: "ubuntu:24.04"),
      nearMiss: GuestFiles.build.replacing("debian:bookworm-slim", with: "debian:trixie")),
    // Where the suite is named, base images are not looked at.
    LintCase(
      "config/build.toml:9:14 E011",
      trigger: ["config/build.toml": twoSuites],
      nearMiss: ["config/build.toml": twoSuites + "[build.apt]\nsuite = \"trixie\""]),
    LintCase(
      "config/build.toml:1:22 E012", in: "config/build.toml",
      GuestFiles.build.replacing("linux/amd64", with: "linux/riscv64").replacing(
        "s.x86_64]", with: "s.riscv64]"),
      nearMiss: GuestFiles.build.replacing("s.x86_64]", with: "s.workstation]")),
    LintCase(
      "config/kernel/defconfig.x86_64 E300", trigger: ["config/kernel/defconfig.x86_64": nil],
      nearMiss: [
        "config/build.toml": GuestFiles.build.replacing("kernel/defconfig", with: "elsewhere/defconfig")
      ]),
    LintCase(
      "artifacts/capsem-ca.crt E301", trigger: ["artifacts/capsem-ca.crt": nil],
      nearMiss: ["artifacts/tips.txt": nil],
      artifacts: true),
    LintCase(
      "artifacts/capsem-bench E302", "artifacts/capsem_bench E302", "artifacts/diagnostics E302",
      trigger: [
        "artifacts/capsem-bench": nil, "artifacts/diagnostics/conftest.py": nil, "artifacts/diagnostics": "",
        "artifacts/capsem_bench/cpu.py": nil,
      ], nearMiss: ["artifacts/banner.txt": nil], artifacts: true),
    LintCase(
      "config/build.toml:4:15 W012", in: "config/build.toml",
      GuestFiles.build.replacing("x86_64-unknown-linux-musl", with: "x86_64-unknown-linux-gnu"),
      nearMiss: GuestFiles.build.replacing("x86_64-unknown-linux-musl", with: "aarch64-unknown-linux-musl")),
    LintCase(
      "config/kernel/defconfig.x86_64:2:1 W023", in: "config/kernel/defconfig.x86_64",
      "CONFIG_EXT4_FS=y\n# CONFIG_EXT4_FS is not set\n" + kernelWithout("CONFIG_EXT4_FS"),
      nearMiss: "# CONFIG_EXT4_FS is not set\nCONFIG_EXT4_FS=y\n" + kernelWithout("CONFIG_EXT4_FS")),
    LintCase(
      "config/kernel/defconfig.x86_64:1:1 W023", in: "config/kernel/defconfig.x86_64",
      "CONFIG_OVERLAY_FS=m\n" + kernelWithout("CONFIG_OVERLAY_FS"), nearMiss: kernelWithout("CONFIG_SMP")),
    LintCase(
      "config/kernel/defconfig.x86_64 W023", in: "config/kernel/defconfig.x86_64",
      kernelWithout("CONFIG_VIRTIO_BLK"), nearMiss: kernelWithout("CONFIG_EROFS_FS")),
  ]

  private static let twoSuites =
    GuestFiles.build.replacing("x86_64", with: "arm64").replacing("defconfig.arm64", with: "defconfig.x86_64")
    .replacing("arm64-unknown", with: "x86_64-unknown") + "\n"
    + GuestFiles.build.replacing("bookworm", with: "trixie")

  private static func kernelWithout(_ option: String) -> String {
    let text = (try? GuestFiles.kernel()) ?? ""
    return text.split(separator: "\n").filter { !$0.hasPrefix("\(option)=") }.joined(separator: "\n") + "\n"
  }

  private static let providers: [LintCase] =
    [
      ("\"\"", "\"a.example\""), ("\" \"", "\"a\""), ("\"http://a.example\"", "\"http.example\""),
      ("\"a.example/b\"", "\"a.b.example\""), ("\"a.example:443\"", "\"a443.example\""),
    ].map {
      LintCase(
        "config/ai/acme.toml:4:24 E006", in: ai, GuestFiles.provider(domains: $0),
        nearMiss: GuestFiles.provider(domains: $1))
    }
    + [
      LintCase(
        "config/ai/acme.toml:5:20 E009", in: ai,
        GuestFiles.provider("files.a = { path = \"a\", content = \"x\" }"),
        nearMiss: GuestFiles.provider("files.a = { path = \"/a\", content = \"x\" }")),
      LintCase(
        "config/ai/acme.toml:5:50 E010", in: ai,
        GuestFiles.provider("files.a = { path = \"/a.json\", content = '{\"a\": 1}}' }"),
        nearMiss: GuestFiles.provider("files.a = { path = \"/a.json\", content = '' }")),
      LintCase(
        "config/ai/acme.toml:5:50 W003", in: ai,
        GuestFiles.provider("files.a = { path = \"/root/.acme\", content = 'key sk-ant-0123456789' }"),
        nearMiss: GuestFiles.provider(
          "files.a = { path = \"/root/.acme\", content = 'key sk-ant-012345678' }")),
      LintCase(
        "config/ai/acme.toml:5:45 W006", in: ai,
        GuestFiles.provider("files.a = { path = \"/root/.acme\", content = \"\\n todo\\n\" }"),
        nearMiss: GuestFiles.provider("files.a = { path = \"/root/.acme\", content = \"todo: nothing\" }")),
      LintCase(
        "config/ai/acme.toml:4:24 W007", in: ai, GuestFiles.provider(domains: "\"*.abc\""),
        nearMiss: GuestFiles.provider(domains: "\"*.abcd\"")),
      LintCase(
        "config/ai/acme.toml:8:53 W008", in: ai,
        GuestFiles.provider() + GuestFiles.provider(key: "b", variables: "\"B_KEY\", \"ACME_KEY\""),
        nearMiss: GuestFiles.provider() + GuestFiles.provider(key: "b", variables: "\"B_KEY\", \"B_KEY\"")),
      LintCase(
        "config/ai/acme.toml:5:1 W013", in: ai, GuestFiles.provider("cli = { key = \"a\", name = \"A\" }"),
        nearMiss: GuestFiles.provider("enabled = false\ncli = { key = \"a\", name = \"A\" }")),
      LintCase(
        "config/ai/acme.toml:5:43 W019", in: ai,
        GuestFiles.provider(
          "install = { manager = \"curl\", packages = [\"a.example/i\"], sha256 = [\"\(digest)\"] }"),
        nearMiss: GuestFiles.provider("enabled = false\ninstall = { manager = \"curl\", packages = [\"i\"] }")
      ),
      LintCase(
        "config/ai/acme.toml:5:43 W019", in: ai,
        GuestFiles.provider("install = { manager = \"curl\", packages = [\"https://a.example/i\"] }"),
        nearMiss: GuestFiles.provider()),
      LintCase(
        "config/ai/acme.toml:5:23 W020", in: ai,
        GuestFiles.provider("install = { manager = \"uv\", packages = [\"acme\"] }"),
        nearMiss: GuestFiles.provider(
          "enabled = false\ninstall = { manager = \"uv\", packages = [\"acme\"] }")),
      LintCase(
        "config/ai/acme.toml:5:40 W021", in: ai,
        GuestFiles.provider("install = { manager = \"uv\", packages = [] }"),
        nearMiss: GuestFiles.provider("enabled = false\ninstall = { manager = \"uv\", packages = [] }")),
      LintCase(
        "config/ai/acme.toml:3:44 W022", in: ai, GuestFiles.provider(variables: "\"2ACME\""),
        nearMiss: GuestFiles.provider(variables: "\"_ACME2\"")),
    ]

  private static let digest = String(repeating: "0", count: 64)

  private static let packages: [LintCase] = [
    LintCase(
      "config/security/web.toml:1:2 W001",
      trigger: [apt: GuestFiles.packages("\"git\""), policy: "[web]\n"], nearMiss: [policy: "[web]\n"]),
    LintCase(
      "config/security/web.toml W001",
      trigger: [apt: GuestFiles.packages("\"git\""), policy: nil],
      nearMiss: [apt: GuestFiles.packages("\"git\"")]),
    LintCase(
      "config/packages/apt.toml:5:20 W002", in: apt, GuestFiles.packages("\"git\", \"libssl-dev\""),
      nearMiss: GuestFiles.packages("\"git\", \"dev-tools\"")),
    LintCase(
      "config/packages/apt.toml:1:2 W004", in: apt, GuestFiles.packages("\"git\"", network: ""),
      nearMiss: GuestFiles.packages("\"git\"")),
    LintCase(
      "config/packages/apt.toml:4:15 W009", in: apt,
      GuestFiles.packages("\"git\"", command: "apt-get install -y `true`"),
      nearMiss: GuestFiles.packages("\"git\"", command: "apt-get install -y {}")),
    LintCase(
      "config/packages/apt.toml:3:11 W016", in: apt, GuestFiles.packages("\"git\"", manager: "npm"),
      nearMiss: GuestFiles.packages("\"git\"", key: "tools", manager: "npm")),
    LintCase(
      "config/packages/apt.toml:5:13 W019", in: apt,
      GuestFiles.packages("\"https://a.example/i\"", key: "tools", manager: "curl"),
      nearMiss: GuestFiles.packages("\"https://a.example/i\"", key: "tools", manager: "curl")
        + "\nsha256 = [\"\(digest)\"]\n"),
    LintCase(
      "config/packages/apt.toml:5:13 W017", in: apt, GuestFiles.packages("\"Git\""),
      nearMiss: GuestFiles.packages("\"g++-12:amd64=12.2.0-14+deb12u1\"")),
    LintCase(
      "config/packages/apt.toml:12:13 W017", in: apt,
      GuestFiles.packages("\"python3\"") + "\n" + python("\"rich=13\""),
      nearMiss: GuestFiles.packages("\"python3\"") + "\n"
        + python("\"rich[jupyter]==13.*; python_version > '3'\"")),
    LintCase(
      "config/packages/apt.toml:8:2 W020", in: apt,
      GuestFiles.packages("\"git\"") + "\n" + python("\"rich\""),
      nearMiss: GuestFiles.packages("\"python3-pip\"") + "\n" + python("\"rich\"")),
    LintCase(
      "config/packages/apt.toml:4:15 W026", in: apt,
      GuestFiles.packages("\"git\"", command: "apt-get install -t trixie"),
      nearMiss: GuestFiles.packages("\"git\"", command: "apt-get install -qq --no-install-recommends")),
  ]

  private static func python(_ packages: String) -> String {
    GuestFiles.packages(packages, key: "python", manager: "uv", command: "uv pip install --system")
  }

  private static let web: [LintCase] = [
    LintCase(
      "config/security/web.toml:5:12 E006", in: policy,
      "[web]\n[web.search.a]\nname = \"A\"\n"
        + "enabled = false\ndomains = [\"https://a.example\"]",
      nearMiss: "[web]\n[web.search.a]\nname = \"A\"\nenabled = false\ndomains = [\"a.example\"]"),
    LintCase(
      "config/security/web.toml:2:17 W005", in: policy,
      GuestFiles.web("custom_allow = [\"a.example\"]\ncustom_block = [\"a.example\"]"),
      nearMiss: GuestFiles.web("custom_allow = [\"a.example\"]\ncustom_block = [\"b.example\"]")),
    LintCase(
      "config/security/web.toml:2:17 W007", in: policy, GuestFiles.web("custom_allow = [\"*\"]"),
      nearMiss: GuestFiles.web("custom_block = [\"*.com\"]")),
    LintCase(
      "config/security/web.toml:3:15 W011", in: policy,
      GuestFiles.web("allow_read = true\nallow_write = true"),
      nearMiss: GuestFiles.web("allow_read = true\nallow_write = true\ncustom_block = [\"a.example\"]")),
    LintCase(
      "config/security/web.toml:2:17 W024", in: policy, GuestFiles.web("custom_block = [\"a.*.example\"]"),
      nearMiss: GuestFiles.web("custom_block = [\"*.A.example\"]")),
    // What is E006 in the lists of providers and services is a warning in those that nobody checked before.
    LintCase(
      "config/packages/apt.toml:6:36 W024", in: apt,
      GuestFiles.packages(
        "\"git\"", network: "network = { name = \"N\", domains = [\"https://a.example\"] }"),
      nearMiss: GuestFiles.packages(
        "\"git\"", network: "network = { name = \"N\", domains = [\"a.example\"] }")),
    LintCase(
      "config/security/web.toml:2:28 W025", "config/security/web.toml:6:12 W025", in: policy,
      GuestFiles.web(
        "custom_allow = [\"*.other\", \"b.a.example\"]\ncustom_block = [\"*.a.example\", \"*.archive.example\"]"
      ),
      nearMiss: GuestFiles.web("custom_allow = [\"a.example\"]\ncustom_block = [\"*.a.example\"]")),
  ]

  private static let machine: [LintCase] = [
    LintCase(
      "config/mcp/tool.toml:5:18 W003", in: "config/mcp/tool.toml",
      GuestFiles.server("headers = { A = \"Bearer 01234567890123456789\" }"),
      nearMiss: GuestFiles.server("headers = { A = \"Bearer $TOKEN\" }")),
    LintCase(
      "config/mcp/tool.toml:5:9 W022", in: "config/mcp/tool.toml", GuestFiles.server("env = { A-B = \"x\" }"),
      nearMiss: GuestFiles.server("env = { A_B = \"x\" }")),
    LintCase(
      "config/vm/environment.toml:2:8 W010", in: "config/vm/environment.toml",
      "[environment.shell]\npath = \"/usr/local/bin:/usr/bin/\"",
      nearMiss: "[environment.shell]\npath = \"/usr/local/bin:/bin\""),
    LintCase(
      "config/vm/environment.toml:4:8 W003", in: "config/vm/environment.toml",
      "[environment.shell.bashrc]\npath = \"/root/.bashrc\"\ncontent = '''x\nexport ghp_01234567890123456789'''",
      nearMiss:
        "[environment.shell.bashrc]\npath = \"/root/.bashrc\"\ncontent = '''x\nexport ghp_0123456789'''"),
  ]
}

extension String {
  func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
