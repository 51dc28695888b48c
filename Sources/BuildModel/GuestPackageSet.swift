import Diagnosis

/// One table of `packages/*.toml`.
package struct GuestPackageSet: Sendable, Equatable, Codable {
  /// The table's name.
  package var key: String
  package var position: SourcePosition
  package var name = ""
  package var manager = PackageManager.apt
  /// Never run; the linter reads its options.
  package var installCommand = Located("", at: SourcePosition(file: ""))
  package var packages: [Located<String>] = []
  package var options = InstallOptions()
  package var versionCommands: [NamedText] = []
  package var network: Network?

  /// What installs it: its manager, but for the two sets that older builders knew by their names and
  /// installed whatever the manager was.
  package var installer: PackageManager {
    switch key {
    case "apt": .apt
    case "python": manager == .pip ? .pip : .uv
    default: manager
    }
  }

  package init(key: String, at position: SourcePosition) {
    self.key = key
    self.position = position
    self.installCommand.position = position
  }

  package struct Network: Sendable, Equatable, Codable {
    package var name = ""
    package var domains: [Located<String>] = []
    package var allowGet = true

    package init() {}
  }
}

/// A Debian package as a list asks for it: `name`, `name=version` or `name/release`, in apt's notation.
package struct AptRequest: Sendable, Equatable, Codable {
  /// May carry an architecture: "libc6:arm64".
  package var name: String
  package var version: String?
  /// A suite or codename that the version has to come from.
  package var release: String?
  package var position: SourcePosition

  package init(_ text: Located<String>) {
    position = text.position
    let text = text.value
    if let mark = text.firstIndex(where: { $0 == "=" || $0 == "/" }) {
      name = String(text[..<mark])
      let pin = String(text[text.index(after: mark)...])
      if text[mark] == "=" { version = pin } else { release = pin }
    } else {
      name = text
    }
  }

  /// As apt-get takes it.
  package var text: String {
    if let version { return "\(name)=\(version)" }
    if let release { return "\(name)/\(release)" }
    return name
  }
}

/// A Python distribution as a list asks for it: a requirement of PEP 508.
package struct PythonRequest: Sendable, Equatable, Codable {
  /// As written: "httpx[http2]>=0.27".
  package var requirement: String
  package var position: SourcePosition

  package init(_ text: Located<String>) {
    requirement = text.value
    position = text.position
  }

  /// The part before extras, versions and markers.
  package var name: String {
    let ends: Set<Character> = ["[", "<", ">", "=", "!", "~", ";", "@", "(", " ", "\t"]
    return String(requirement.drop { $0 == " " || $0 == "\t" }.prefix { !ends.contains($0) })
  }

  /// The name as indexes compare it (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
  package var normalizedName: String {
    var normalized = ""
    for character in name.lowercased() {
      let isSeparator = character == "-" || character == "_" || character == "."
      if !isSeparator {
        normalized.append(character)
      } else if normalized.last != "-" {
        normalized.append("-")
      }
    }
    return normalized
  }
}
