/// The `install_cmd` of a package set, read but never run: packages are resolved and unpacked without it.
struct InstallCommand: Sendable, Equatable {
  /// Options that what we do satisfies, or that mean nothing here.
  private(set) var honoured: [String] = []
  /// Options that would have changed what is installed, and do not.
  private(set) var disregarded: [String] = []
  /// The command has parts that only a shell understands.
  private(set) var needsShell = false

  init(_ command: String) {
    needsShell = command.contains { ";|&`$()<>".contains($0) }
    var words = InstallCommand.words(of: command)[...]
    while let word = words.popFirst() {
      guard word.hasPrefix("-") else { continue }
      let name = String(word.prefix { $0 != "=" })
      let takesValue = Self.optionsWithValue.contains(name) && !word.contains("=")
      let value = takesValue ? words.popFirst() : nil
      let option = value.map { "\(word) \($0)" } ?? word
      if Self.satisfied.contains(name) { honoured.append(option) } else { disregarded.append(option) }
    }
  }

  /// Never a question, no recommended packages, into the system's Python, no cache and no talk.
  private static let satisfied: Set<String> = [
    "-y", "--yes", "--assume-yes", "-q", "-qq", "--quiet", "--no-install-recommends", "--system",
    "--break-system-packages", "--no-cache", "--no-cache-dir", "--no-progress", "--no-input",
    "--disable-pip-version-check", "--root-user-action", "--progress-bar", "--color", "--no-color",
    "-g", "--global", "--no-audit", "--no-fund", "--no-warn-script-location", "--prefer-binary",
    "--link-mode",
  ]

  /// Options whose value may be the next word.
  private static let optionsWithValue: Set<String> = [
    "--root-user-action", "--progress-bar", "--color", "--link-mode", "-i", "--index-url", "--index",
    "--default-index", "--extra-index-url", "-f", "--find-links", "--prerelease", "--resolution", "-c",
    "--constraint", "--constraints", "-r", "--requirement", "--requirements", "--target", "-t", "--prefix",
    "--python", "-p", "--python-version", "--platform", "--exclude-newer", "--index-strategy",
    "--keyring-provider", "--trusted-host", "--allow-insecure-host", "--only-binary", "--no-binary",
    "-o", "--option", "--registry",
  ]

  /// Words as a shell splits them, without expansions.
  private static func words(of command: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var escaped = false
    for character in command {
      if escaped {
        word = (word ?? "") + String(character)
        escaped = false
      } else if character == "\\" && quote != "'" {
        escaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }
}

extension InstallCommand {
  /// What to do in place of a disregarded option; "--pre", "--index-url https://x.example".
  static func remedy(for option: String) -> String? {
    switch String(option.prefix { $0 != "=" && $0 != " " }) {
    case "--pre", "--prerelease":
      "ask for the pre-release by version in packages: \"NAME==VERSION\""
    case "-i", "--index-url", "--index", "--default-index", "--extra-index-url", "-f", "--find-links":
      "the index is the one that pip is configured for on this host, or a mirror: `build --mirror`"
    case "-c", "--constraint", "--constraints", "-r", "--requirement", "--requirements":
      "write the versions into packages; `capsem-native lock` keeps those of the rest"
    case "-t", "-o", "--option", "--install-recommends":
      "what apt may do is said in [build.apt]: suite, recommends, sources"
    default: nil
    }
  }
}
