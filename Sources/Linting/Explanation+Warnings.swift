extension Explanation {
  static let warnings: [Explanation] = [
    Explanation(
      .noRegistry, "packages without a registry",
      """
      There is a package set, and `[web.registry]` of `security/web.toml` is empty: inside the guest nothing more can be \
      installed, and what is installed cannot be updated.
      """,
      .file("config/security/web.toml", "[web]\nallow_read = false\n"),
      "add a table `[web.registry.NAME]` with the domains of the archive or index."),
    Explanation(
      .developmentPackage, "a development package",
      "The name of a package ends in `-dev` or `-devel`: headers and static libraries, which make an image large.",
      .file("config/packages/apt.toml", packages("apt", "\"git\", \"libssl-dev\"")),
      "leave it out, unless something is compiled inside the guest."),
    Explanation(
      .secret, "what looks like a key",
      """
      The content of a provider's file, a header or variable of an MCP server, the content of bashrc or of tmux_conf holds \
      text in the form of a key or token: of Anthropic, OpenAI, Google, GitHub or GitLab, or a bearer token. A config is \
      committed and shared; a key in it is known to everybody who can read either.
      """,
      .file(
        "config/mcp/tool.toml",
        """
        [tool]
        name = "Tool"
        transport = "sse"
        url = "https://tool.example/sse"
        headers = { Authorization = "Bearer 0123456789abcdefghij" }

        """),
      "remove it, and revoke it if the config was ever shared. The host hands keys to the guest by itself."),
    Explanation(
      .noNetwork, "a package set without network",
      "A package set has no table `network`, so the host does not know which domains it is installed from.",
      .file("config/packages/apt.toml", packages("apt", "\"git\"", network: false)),
      "add `[SET.network]` with `name` and `domains`; the list may be empty."),
    Explanation(
      .allowedAndBlocked, "allowed and blocked",
      "An entry stands in `custom_allow` and in `custom_block` of `security/web.toml`. A block beats an allow.",
      .file(
        "config/security/web.toml",
        """
        [web]
        custom_allow = ["example.org", "example.com"]
        custom_block = ["example.org"]

        """),
      "remove it from one of the two lists."),
    Explanation(
      .placeholder, "a placeholder as content",
      "The whole content of a provider's file is TODO, FIXME, CHANGEME, REPLACE_ME or XXX, in capitals or not.",
      .file(
        "config/ai/acme.toml",
        provider("acme") + "files.settings = { path = \"/root/.acme\", content = \"TODO\" }\n"),
      "write the content, or remove the file's table."),
    Explanation(
      .broadWildcard, "a very broad wildcard",
      """
      A domain of a provider, of a service or of `custom_allow` is `*`, or a star before a top-level domain or a suffix of at \
      most three letters, such as `*.com`.
      """,
      .file("config/ai/acme.toml", provider("acme", domain: "*.io")),
      "name the domains that are really needed."),
    Explanation(
      .sharedVariable, "a variable of two providers",
      "Two providers name the same environment variable in `api_key.env_vars`: only one of their keys can be in it.",
      .file(
        "config/ai/acme.toml",
        provider("acme") + "\n" + provider("other", domain: "other.example")),
      "give each provider a variable of its own."),
    Explanation(
      .shellCommand, "an install_cmd for a shell",
      """
      `install_cmd` has one of the characters `;`, `|`, `&`, backtick, `$`, `(` and `)`. The command is never run here; \
      builders that do run it would let a shell see it.
      """,
      .file(
        "config/packages/apt.toml",
        packages("apt", "\"git\"", command: "apt-get update && apt-get install -y")),
      "write one plain command, such as `apt-get install -y`."),
    Explanation(
      .searchPath, "a path without the system's programs",
      "`path` of `[environment.shell]` has neither `/usr/bin` nor `/bin`, so a shell in the guest finds no program.",
      .file(
        "config/vm/environment.toml", "[environment.shell]\npath = \"/opt/ai-clis/bin:/usr/local/bin\"\n"),
      "append `:/usr/bin:/bin`."),
    Explanation(
      .openWeb, "everything allowed",
      "`allow_read` and `allow_write` are both true and `custom_block` is empty: the guest may send anything anywhere.",
      .file("config/security/web.toml", "[web]\nallow_read = true\nallow_write = true\n"),
      "name what the guest may reach in the services and in `custom_allow`, or what it must not in `custom_block`."
    ),
    Explanation(
      .rustTarget, "an unusual rust_target",
      """
      `rust_target` is neither `aarch64-unknown-linux-musl` nor `x86_64-unknown-linux-musl`, the two that the guest's own \
      programs are built for.
      """,
      .file(
        "config/build.toml",
        build.replacing("x86_64-unknown-linux-musl", with: "x86_64-unknown-linux-gnu")),
      "write the one of the two that fits the architecture."),
    Explanation(
      .noVersionCommand, "a command line without version_command",
      """
      An enabled provider has a table `cli` without `version_command`: `tool-versions.txt` cannot say which version of its \
      program is in the image.
      """,
      .file(
        "config/ai/acme.toml",
        provider("acme") + "cli = { key = \"acme\", name = \"Acme\" }\n"),
      "add a command that prints the version, such as `version_command = \"acme --version\"`."),
  ]
}
