/// What the parser does not know. docs/commands.md says the same, and a test compares the two.
extension ManualPage {
  static let description = """
    Edit a TOML file, run `capsem-native build`, and a reproducible Debian image comes out, as an ordinary \
    user, without root, daemon or container. What a guest directory says is in docs/config.md of the sources.

    What is data goes to standard output, what is talk to standard error.
    """

  static let tables: [(title: String, items: [(term: String, words: String)])] = [
    (
      "ENVIRONMENT",
      [
        (
          "CAPSEM_CACHE_DIR",
          "The cache; else `$XDG_CACHE_HOME/capsem-native`, else `~/.cache/capsem-native`."
        ),
        (
          "SOURCE_DATE_EPOCH",
          "The image's date in seconds since 1970; else the lock's. `pack`: else the newest time in the tree."
        ),
        ("NO_COLOR", "Plain text. Not a terminal: plain, too."),
        ("http_proxy, https_proxy, all_proxy, no_proxy", "As usual, for downloads only."),
        ("SSL_CERT_FILE, CURL_CA_BUNDLE", "Certificate authorities in place of the system's."),
        ("NETRC", "Who we are to which server, in place of `~/.netrc`."),
        (
          "PIP_INDEX_URL, UV_DEFAULT_INDEX, UV_INDEX_URL",
          "The Python index; else pip's configuration, else pip's default."
        ),
      ]
    ),
    (
      "FILES",
      [
        ("GUEST/config/", "What the image is made from: TOML files."),
        ("GUEST/artifacts/", "Files of the guest's own that the image takes."),
        ("GUEST/capsem.lock", "Everything resolved, with sizes and SHA-256; `lock` writes it."),
        ("OUTPUT/ARCH/", "The assets of an architecture: `rootfs.ext4`, `tool-versions.txt`, `build.json`."),
        ("OUTPUT/manifest.json, OUTPUT/B3SUMS", "The assets with their BLAKE3 digests."),
        ("~/.cache/capsem-native/", "Verified downloads, resolutions, workspaces and logs."),
        ("/etc/subuid, /etc/subgid", "The range of ids that a build maps; see `subuid(5)`."),
        (
          "/etc/apt/sources.list, /etc/apt/sources.list.d/",
          "Where a mirror is taken from when nobody names one."
        ),
        ("/usr/share/keyrings/debian-archive-keyring.gpg", "Whose signatures on Debian's archives count."),
      ]
    ),
    (
      "EXIT STATUS",
      [
        ("0", "Done."),
        ("1", "The build, the config or the input failed."),
        ("2", "Wrong usage."),
        ("3", "A defect of this program."),
        ("129, 130, 143", "Ended by HUP, INT, TERM."),
      ]
    ),
  ]

  static let related = [
    "`apt(8)`", "`gpgv(1)`", "`newuidmap(1)`", "`subuid(5)`", "`user_namespaces(7)`", "`ext4(5)`",
  ]
}
