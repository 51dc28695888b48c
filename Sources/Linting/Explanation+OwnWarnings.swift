extension Explanation {
  /// What older builders do not say.
  static let ownWarnings: [Explanation] = [
    Explanation(
      .unknownKey, "an unknown key or table",
      """
      Nothing reads a key or table: it is misspelt, belongs to a newer version, or stands in the wrong table. In TOML a key \
      belongs to the table whose header is nearest above it.
      """,
      .file("config/vm/resources.toml", "[resources]\ncpu_cout = 2\n"),
      "write the nearest known key, move it above the next header, or remove it. docs/config.md lists all keys."
    ),
    Explanation(
      .strayFile, "a file that nothing reads",
      """
      A `*.toml` file lies below `config/` where nothing looks for one: in a misspelt directory, one level too deep, or \
      beside the directory that it is meant for.
      """,
      .file("config/web.toml", "[web]\nallow_read = true\n"),
      "move it where it is read, or give it another extension."),
    Explanation(
      .overruledManager, "a manager that the set's name overrules",
      """
      The sets `apt` and `python` are known by their names: the one holds Debian packages and the other Python packages, \
      whatever `manager` says. The manager of any other set decides what its packages are.
      """,
      .file("config/packages/apt.toml", packages("apt", "\"git\"", manager: "npm")),
      "write the manager that the name stands for, or choose another name."),
    Explanation(
      .packageName, "a package that cannot exist",
      """
      An entry of `packages` does not have the form that its manager's names have: Debian's (policy 5.6.1), with \
      `=VERSION` or `/RELEASE`; a Python requirement (PEP 508), by address that of a wheel; or a name of the npm registry.
      """,
      .file("config/packages/apt.toml", packages("apt", "\"git\", \"Build Essential\"")),
      "correct the name. One package is one entry of the list."),
    Explanation(
      .installer, "an installer that cannot be fetched or verified",
      """
      With `manager = "curl"` an entry of `packages` is no URL, or `sha256` is missing: what is fetched would be anything \
      that the server chooses to send.
      """,
      .file(
        "config/ai/acme.toml",
        provider("acme") + "install = { manager = \"curl\", packages = [\"acme.example/install.sh\"] }\n"),
      "write `https://HOST/PATH`, and `sha256` with one digest for each entry."),
    Explanation(
      .noPython, "Python packages without Python",
      """
      The set `python` or a provider of uv or pip wants Python packages, and no list of Debian packages names `python3` or a \
      package whose name begins so.
      """,
      .file(
        "config/packages/apt.toml",
        packages("apt", "\"git\"") + "\n"
          + packages("python", "\"rich\"", manager: "uv", command: "uv pip install --system")),
      "add `python3` to the set `apt`."),
    Explanation(
      .nothingToInstall, "an install table without packages",
      "An enabled provider has a table `install` whose list `packages` is empty.",
      .file(
        "config/ai/acme.toml", provider("acme") + "install = { manager = \"uv\", packages = [] }\n"),
      "name the packages of its program, or remove the table."),
    Explanation(
      .variableName, "a variable that cannot exist",
      """
      An entry of `api_key.env_vars`, or a key of an MCP server's `env`, is no name of an environment variable: letters, \
      digits and underscores, and no digit first.
      """,
      .file("config/ai/acme.toml", provider("acme", variable: "ACME-KEY")),
      "correct the name."),
    Explanation(
      .kernelOption, "a kernel without a required option",
      """
      A kernel configuration turns off, makes a module of, or does not mention an option that the image cannot do without: \
      its file system, the overlay, the devices. What is not mentioned gets the kernel's default, which may be off. There are \
      no modules in the image. kernel/required-options.txt lists all options, each with its reason.
      """,
      .file("config/kernel/defconfig.x86_64", "# CONFIG_EXT4_FS is not set\nCONFIG_OVERLAY_FS=m\n"),
      "write `CONFIG_NAME=y`. A build of the kernel refuses a final configuration without them."),
    Explanation(
      .domainSyntax, "a domain that nothing matches",
      """
      An entry of any list of domains has a blank, an empty label, a character that no name has, or a star anywhere but in \
      front, as `*.`. In `custom_allow`, `custom_block` and the lists of package sets also what is E006 elsewhere: a scheme, \
      a path, a port. Such an entry allows or blocks nothing.
      """,
      .file(
        "config/security/web.toml", "[web]\ncustom_block = [\"ads.*.example\", \"https://example.org\"]\n"),
      "write a host's name, `api.example.org`, or a wildcard for the names below one, `*.example.org`."),
    Explanation(
      .swallowedAllow, "allowed in vain",
      """
      An entry of `custom_allow`, or a domain of an enabled provider or service or of a package set, is covered by an entry \
      of `custom_block`. A block beats an allow, so it is never reached. (The same entry in both custom lists is W005.)
      """,
      .file(
        "config/security/web.toml",
        """
        [web]
        custom_allow = ["api.example.org"]
        custom_block = ["*.example.org"]

        """),
      "narrow the block, or remove the entry."),
    Explanation(
      .idleOption, "an option without effect",
      """
      `install_cmd` of the set `apt` or `python` has an option that would change what is installed. The command is read for \
      its options and never run, and this one has no counterpart.
      """,
      .file(
        "config/packages/apt.toml",
        packages("apt", "\"git\"", command: "apt-get install -y -t bookworm-backports")),
      """
      say it where it counts: versions in `packages`, apt's sources and recommends in `[build.apt]`, the Python index in \
      pip's configuration.
      """),
  ]
}
