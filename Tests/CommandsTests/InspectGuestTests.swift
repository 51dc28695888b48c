import FileTree
import Foundation
import GuestConfig
import Json
import TestSupport
import Testing

/// `inspect GUEST`: what a config says.
@Suite struct InspectGuestTests {
  let site: BuildSite

  init() throws { site = try BuildSite() }

  /// A config that says everything that can be said.
  private func configureFully() throws {
    for (name, text) in [
      (
        "build.toml",
        """
        [build]
        compression = "xz"
        compression_level = 9
        [build.version_commands]
        tool = "tool --version"
        [build.architectures.x86_64]
        docker_platform = "linux/amd64"
        rust_target = "x86_64-unknown-linux-musl"
        kernel_image = "arch/x86/boot/bzImage"
        defconfig = "kernel/defconfig.x86_64"
        [build.architectures.arm64]
        base_image = "debian:bookworm"
        docker_platform = "linux/arm64"
        rust_target = "aarch64-unknown-linux-musl"
        kernel_branch = "6.12"
        kernel_image = "arch/arm64/boot/Image"
        defconfig = "kernel/defconfig.arm64"
        node_major = 22
        [build.image]
        size = "2G"
        headroom = "1M"
        compress = "zstd"
        [[build.apt.sources]]
        uris = ["https://archive.example/debian"]
        suites = ["bookworm"]
        components = ["main"]
        pin = 500
        [[build.network.credentials]]
        host = "archive.example"
        token_env = "TOKEN"
        [build.kernel]
        sha256 = "\(String(repeating: "0a", count: 32))"
        """
      ),
      (
        "manifest.toml",
        """
        [image]
        name = "full"
        version = "1.2.3"
        description = "says everything"
        [[image.changelog]]
        version = "1.2.3"
        date = "2026-01-01"
        changes = ["more"]
        """
      ),
      (
        "ai/ai.toml",
        """
        [two]
        name = "Second"
        enabled = false
        api_key = { name = "Key", env_vars = ["KEY"] }
        network = { domains = ["a.example", "*.b.example"], allow_get = true }
        [two.install]
        manager = "curl"
        packages = ["https://c.example/file"]
        sha256 = ["\(String(repeating: "0b", count: 32))"]
        links = { tool = "bin/tool" }
        [two.cli]
        key = "tool"
        name = "Tool"
        [two.files.settings]
        path = "/root/.tool"
        content = "{\\"a\\": \\"b\\"}\\n"
        [one]
        name = "First"
        api_key = { name = "Key", env_vars = ["ONE", "OTHER"], docs_url = "https://d.example" }
        network = { domains = ["one.example"] }
        """
      ),
      (
        "packages/packages.toml",
        """
        [apt]
        name = "System"
        manager = "apt"
        install_cmd = "apt-get install"
        packages = ["b", "a"]
        [apt.version_commands]
        a = "a --version"
        [apt.network]
        name = "Archive"
        domains = []
        """
      ),
      (
        "mcp/local.toml",
        """
        [local]
        name = "Local"
        transport = "stdio"
        command = "/run/server"
        env = { A = "1" }
        headers = { B = "2" }
        """
      ),
      (
        "security/web.toml",
        """
        [web]
        custom_allow = ["e.example"]
        [web.search.s]
        name = "Search"
        domains = ["s.example"]
        [web.registry.r]
        name = "Registry"
        domains = []
        [web.repository.p]
        name = "Repository"
        domains = []
        """
      ),
      ("vm/resources.toml", "[resources]\ncpu_count = 2\n"),
      (
        "vm/environment.toml",
        """
        [environment.shell.bashrc]
        path = "/root/.bashrc"
        content = ""
        [environment.shell.tmux_conf]
        path = "/root/.tmux.conf"
        content = ""
        """
      ),
    ] {
      try site.write(text + "\n", to: "guest/config/\(name)")
    }
  }

  @Test func `a guest in words`() throws {
    try configureFully()
    let result = try site.run(["inspect"])
    #expect(result.status == 0 && result.errors == "")
    #expect(
      result.output == """
        Image: full v1.2.3
          says everything

        Build
          compression: xz (level 9)
          architectures:
            x86_64: linux/amd64 (x86_64-unknown-linux-musl)
            arm64: linux/arm64 (aarch64-unknown-linux-musl)

        AI Providers
          two: Second [disabled]
            domains: a.example, *.b.example
          one: First [enabled]
            domains: one.example

        Package Sets
          apt: apt (2 packages)

        MCP Servers
          local: Local (stdio)

        VM Resources
          cpu: 2 cores, ram: 4 GB, disk: 16 GB

        """)
  }

  @Test func `sections with nothing to say are left out`() throws {
    try site.configure(["greeting"])
    try FileManager.default.removeItem(atPath: "\(site.guest)/config/packages/apt.toml")
    let result = try site.run(["inspect", "guest"])
    #expect(result.status == 0)
    #expect(
      result.output == """
        Build
          compression: zstd (level 15)
          architectures:
            \(BuildSite.architecture): linux/\(BuildSite.debian) (x86_64-unknown-linux-musl)

        VM Resources
          cpu: 4 cores, ram: 4 GB, disk: 16 GB

        """)
  }

  @Test func `the JSON of a guest has every key that a config can have`() throws {
    try configureFully()
    let result = try site.run(["inspect", "--json"])
    #expect(result.status == 0 && result.errors == "")
    let json = try JSONValue(parsing: result.output)
    let places = [
      ("build.toml", "build", ["build"]), ("manifest.toml", "image", ["manifest"]),
      ("ai/*.toml", "PROVIDER", ["ai_providers", "two"]),
      ("packages/*.toml", "SET", ["package_sets", "apt"]),
      ("mcp/*.toml", "SERVER", ["mcp_servers", "local"]), ("security/web.toml", "web", ["web_security"]),
      ("vm/resources.toml", "resources", ["vm_resources"]),
      ("vm/environment.toml", "environment", ["vm_environment"]),
    ]
    let free = ["NAME": "x86_64", "ID": "settings"]
    let services = ["search": "s", "registry": "r", "repository": "p"]
    for key in ConfigKey.all {
      let (_, top, place) = try #require(places.first { $0.0 == key.file })
      var words = key.path.split(separator: ".").map(String.init)
      #expect(words.removeFirst() == top)
      var value: JSONValue? = json
      for word in place { value = value?[word] }
      for (index, word) in words.enumerated() {
        if case .array(let elements)? = value { value = elements.first }
        value = value?[word == "SERVICE" ? services[words[index - 1]]! : free[word] ?? word]
      }
      #expect(value != nil, "\(key.path)")
    }
  }

  @Test func `the JSON of a guest is in order, with nulls and defaults`() throws {
    try configureFully()
    let output = try site.run(["inspect", "--json"]).output
    var rest = output[...]
    for part in [
      "{\n  \"build\": {\n    \"compression\": \"xz\",\n    \"compression_level\": 9,\n    \"architectures\": {\n"
        + "      \"x86_64\": {\n        \"base_image\": \"debian:bookworm-slim\",\n", "\"arm64\": {",
      "\"size\": 2147483648,\n      \"headroom\": 1048576,\n      \"compress\": \"zstd\",\n      \"publish_as\": null\n",
      "\"suite\": null", "\n  \"manifest\": {", "\n  \"ai_providers\": {\n    \"two\": {",
      "\"content\": \"{\\\"a\\\": \\\"b\\\"}\\n\"", "    \"one\": {",
      "\"install\": null,\n      \"cli\": null,\n      \"files\": {}",
      "\n  \"package_sets\": {", "\"packages\": [\n        \"b\",\n        \"a\"\n      ]",
      "\n  \"mcp_servers\": {",
      "\"url\": null,\n      \"args\": [],\n      \"env\": {\n        \"A\": \"1\"\n      }",
      "\n  \"web_security\": {",
      "\"http_upstream_ports\": [\n      80,\n      11434\n    ]",
      "\n  \"vm_resources\": {\n    \"cpu_count\": 2,",
      "\n  \"vm_environment\": {",
    ] {
      let found = rest.range(of: part)
      #expect(found != nil, "\(part)")
      if let found { rest = rest[found.upperBound...] }
    }
    try site.configure(["greeting"])
    try FileManager.default.removeItem(atPath: "\(site.guest)/config/manifest.toml")
    #expect(try site.run(["inspect", "--json"]).output.contains("\n  \"manifest\": null,\n"))
  }

  @Test func `a config that cannot be loaded is an error`() throws {
    try site.write("[build]\ncompression_level = \"9\"\n", to: "guest/config/build.toml")
    let result = try site.run(["inspect"])
    #expect(result.status == 1 && result.output == "")
    #expect(result.errors.hasPrefix("error: cannot load guest/config: 2 problems\n"), "\(result.errors)")
    #expect(result.errors.contains("guest/config/build.toml:2:21: build.compression_level: "))
  }
}
