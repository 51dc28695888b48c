extension Explanation {
  static let errors: [Explanation] = [
    Explanation(
      .missingFile, "a file is missing or cannot be read",
      """
      There is no `config/` in the guest directory, no `build.toml` in it, or a file or directory of the config cannot be \
      read: it is no regular file, its permissions forbid it, or it is larger than 16 MiB.
      """,
      .absent("config/build.toml"),
      """
      write the file, or mend its permissions. `capsem-native init` writes a first config; only `build.toml` has to exist.
      """),
    Explanation(
      .syntax, "a file is not TOML",
      """
      A `*.toml` file anywhere below `config/` breaks a rule of TOML 1.0: a missing quote, a key or table written twice, a \
      byte order mark, bytes that are not UTF-8, or values nested deeper than 32.
      """,
      .file("config/manifest.toml", "[image]\nname = \"capsem\nversion = \"1.0\"\n"),
      "mend what stands at the line and column, or just before it."),
    Explanation(
      .value, "a value cannot be used",
      """
      A required key or table is missing, or a value has the wrong type, is out of its range, or contradicts another one. \
      Nothing is converted: `"4"` is not 4, and 1 is not true. docs/config.md lists every key with its type and default.
      """,
      .file("config/vm/resources.toml", "[resources]\ncpu_count = 64\nram_gb = \"4\"\n"),
      "write what the message expects."),
    Explanation(
      .emptyPackages, "a package set is empty",
      "The list `packages` of a package set has no entry.",
      .file(
        "config/packages/apt.toml",
        "[apt]\nname = \"System\"\nmanager = \"apt\"\ninstall_cmd = \"apt-get install -y\"\npackages = []\n"),
      "name a package, or remove the set."),
    Explanation(
      .manager, "an unknown package manager",
      "`manager`, of a package set or of a provider's install table, is none of apt, uv, pip, npm and curl, in lower case.",
      .file(
        "config/packages/apt.toml",
        "[apt]\nname = \"System\"\nmanager = \"dnf\"\ninstall_cmd = \"dnf install -y\"\npackages = [\"git\"]\n"
      ),
      "write one of the five."),
    Explanation(
      .domain, "an invalid domain pattern",
      """
      A domain of a provider or of a service in `security/web.toml` is empty, begins with `http://` or `https://`, has a \
      path, or has a port. The host compares names and nothing else, so such an entry would silently allow nothing.
      """,
      .file(
        "config/ai/acme.toml",
        provider("acme", domain: "https://acme.example/api")),
      "write a host's name, `api.example.org`, or a wildcard for the names below one, `*.example.org`."),
    Explanation(
      .duplicateTable, "a table is written in two files",
      """
      Two files of `ai/`, of `packages/` or of `mcp/` write a table with the same name. The name of the table counts, not \
      that of its file; files are read in the order of their names, and the later one replaces the earlier as a whole.
      """,
      .file("config/packages/zz.toml", packages("apt", "\"less\"")),
      "rename one of the two tables, or remove the one that is not meant."),
    Explanation(
      .relativePath, "a file without an absolute path",
      "The `path` of a provider's file does not begin with `/`. The host writes these files into the guest when it starts.",
      .file(
        "config/ai/acme.toml",
        provider("acme") + "files.settings = { path = \".acme/settings\", content = \"x\" }\n"),
      "write the whole path; the guest's user is root, whose home is `/root`."),
    Explanation(
      .invalidJSON, "JSON that is none",
      "A provider's file has a path that ends in `.json`, and its content is not JSON as RFC 8259 has it.",
      .file(
        "config/ai/acme.toml",
        provider("acme") + "files.settings = { path = \"/root/acme.json\", content = '{\"a\": 1,}' }\n"),
      "mend the content; the position is that of the offending character."),
    Explanation(
      .suite, "no single Debian suite",
      """
      A `base_image` is not `debian:SUITE` or `debian:SUITE-slim`, or two architectures have different suites, and \
      `[build.apt]` names none. The suite is all that is read of a base image, and all architectures share it; without one \
      no build could begin.
      """,
      .file("config/build.toml", build.replacing("debian:bookworm-slim", with: "ubuntu:24.04")),
      "write `base_image = \"debian:bookworm-slim\"`, or `suite = \"bookworm\"` in `[build.apt]`."),
    Explanation(
      .architecture, "an unsupported architecture",
      """
      Neither the name of an architecture nor its `docker_platform` says x86_64 (amd64) or arm64 (aarch64). Images are built \
      for these two, so no build of this config could begin.
      """,
      .file(
        "config/build.toml",
        build.replacing("[build.architectures.x86_64]", with: "[build.architectures.riscv64]")
          .replacing("linux/amd64", with: "linux/riscv64")),
      "write `docker_platform = \"linux/amd64\"` or `\"linux/arm64\"`, or remove the architecture."),
    Explanation(
      .defconfig, "a missing kernel configuration",
      """
      `config/kernel/` has no file with the name that ends an architecture's `defconfig`, or it cannot be read.
      """,
      .absent("config/kernel/defconfig.x86_64"),
      "write the kernel's configuration there; the default guest has one for each architecture."),
    Explanation(
      .certificate, "a missing CA certificate",
      """
      With `--artifacts DIR`: DIR has no `capsem-ca.crt`, the certificate of the host's proxy, which the image is to trust.
      """,
      .absent("artifacts/capsem-ca.crt"),
      "put the certificate there. Without one the image is built all the same, and trusts only Debian's authorities."
    ),
    Explanation(
      .artifact, "a missing artifact",
      """
      With `--artifacts DIR`: DIR lacks one of the files `capsem-init`, `capsem-bashrc`, `capsem-doctor`, `capsem-bench` and \
      `snapshots`, or one of the directories `capsem_bench` and `diagnostics`, which are put into every image.
      """,
      .absent("artifacts/capsem-init"),
      "take it from the default guest's `artifacts/`."),
  ]
}

extension Explanation {
  static let build = """
    [build.architectures.x86_64]
    base_image = "debian:bookworm-slim"
    docker_platform = "linux/amd64"
    rust_target = "x86_64-unknown-linux-musl"
    kernel_image = "arch/x86_64/boot/bzImage"
    defconfig = "kernel/defconfig.x86_64"

    """

  static func provider(_ key: String, domain: String = "acme.example", variable: String = "ACME_KEY")
    -> String
  {
    """
    [\(key)]
    name = "Acme"
    api_key = { name = "Acme key", env_vars = ["\(variable)"] }
    network = { domains = ["\(domain)"] }

    """
  }

  static func packages(
    _ key: String, _ packages: String, manager: String = "apt", command: String = "apt-get install -y",
    network: Bool = true
  ) -> String {
    """
    [\(key)]
    name = "Acme"
    manager = "\(manager)"
    install_cmd = "\(command)"
    packages = [\(packages)]

    """ + (network ? "network = { name = \"Archive\", domains = [\"*.example.org\"] }\n" : "")
  }
}

extension String {
  func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
