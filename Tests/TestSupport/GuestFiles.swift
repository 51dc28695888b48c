/// The files of a small guest in which nothing is wrong, and changes of it; for the tests of what reads a
/// config. Names are below the guest directory.
package struct GuestFiles: Sendable {
  package var texts: [String: String] = [:]

  /// The sound guest. A change of nil removes the file.
  package init(_ changes: [String: String?] = [:]) throws {
    texts = [
      "config/build.toml": GuestFiles.build,
      "config/kernel/defconfig.x86_64": try GuestFiles.kernel(),
      "config/security/web.toml": GuestFiles.web(),
      "artifacts/capsem_bench/cpu.py": "", "artifacts/diagnostics/conftest.py": "",
    ]
    for name in [
      "capsem-ca.crt", "capsem-init", "capsem-bashrc", "capsem-doctor", "capsem-bench", "snapshots",
    ] {
      texts["artifacts/\(name)"] = ""
    }
    for (name, text) in changes { texts[name] = text }
  }

  /// Writes them below `guest` of a scratch directory.
  package func write(to scratch: ScratchDirectory) throws {
    for (name, text) in texts { try scratch.write(Array(text.utf8), to: "guest/\(name)") }
  }

  package static let build = """
    [build.architectures.x86_64]
    base_image = "debian:bookworm-slim"
    docker_platform = "linux/amd64"
    rust_target = "x86_64-unknown-linux-musl"
    kernel_image = "arch/x86_64/boot/bzImage"
    defconfig = "kernel/defconfig.x86_64"

    """

  /// The default guest's kernel configuration.
  package static func kernel() throws -> String {
    let path = "\(BuildSite.repository)/guest/config/kernel/defconfig.x86_64"
    return String(decoding: try contents(ofFile: path) ?? [], as: UTF8.self)
  }

  /// `[web]` with some lines, and a registry.
  package static func web(_ lines: String = "") -> String {
    """
    [web]
    \(lines)
    [web.registry.archive]
    name = "Archive"
    domains = ["*.archive.example"]

    """
  }

  /// The provider `acme` with more lines; a table's keys are its own.
  package static func provider(
    _ lines: String = "", key: String = "acme", domains: String = "\"acme.example\"",
    variables: String = "\"ACME_KEY\""
  ) -> String {
    """
    [\(key)]
    name = "Acme"
    api_key = { name = "Acme key", env_vars = [\(variables)] }
    network = { domains = [\(domains)] }
    \(lines)

    """
  }

  /// A package set: lines 1 to 6, packages in line 5 from column 12.
  package static func packages(
    _ packages: String, key: String = "apt", manager: String = "apt", command: String = "apt-get install -y",
    network: String = "network = { name = \"N\", domains = [] }"
  ) -> String {
    """
    [\(key)]
    name = "Acme"
    manager = "\(manager)"
    install_cmd = "\(command)"
    packages = [\(packages)]
    \(network)

    """
  }

  /// The MCP server `tool` with more lines, from line 5 on.
  package static func server(_ lines: String) -> String {
    """
    [tool]
    name = "Tool"
    transport = "stdio"
    command = "/tool"
    \(lines)

    """
  }
}
