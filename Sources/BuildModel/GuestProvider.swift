import Diagnosis
import FileTree

/// One table of `ai/*.toml`: an AI provider, what its program needs, and how it is installed.
package struct GuestProvider: Sendable, Equatable, Codable {
  /// The table's name: "anthropic".
  package var key: String
  package var position: SourcePosition
  package var name = ""
  package var description = ""
  /// Whether its program is installed, and the default of the host's `allow` toggle.
  package var enabled = true
  package var apiKey = APIKey()
  package var network = Network()
  package var install: ProviderInstall?
  package var cli: CLI?
  package var files: [NamedFile] = []

  package init(key: String, at position: SourcePosition) {
    self.key = key
    self.position = position
  }

  package struct APIKey: Sendable, Equatable, Codable {
    package var name = ""
    package var environmentVariables: [Located<String>] = []
    package var prefix = ""
    package var documentationURL: String?

    package init() {}
  }

  package struct Network: Sendable, Equatable, Codable {
    package var domains: [Located<String>] = []
    package var allowGet = false
    package var allowPost = false

    package init() {}
  }

  package struct CLI: Sendable, Equatable, Codable {
    /// The name of its line in `tool-versions.txt`.
    package var key = ""
    package var name = ""
    package var description = ""
    package var versionCommand: String?

    package init() {}
  }

  package struct NamedFile: Sendable, Equatable, Codable {
    package var id: String
    package var file: GuestFile

    package init(id: String, file: GuestFile) {
      self.id = id
      self.file = file
    }
  }
}

/// `[PROVIDER.install]`
package struct ProviderInstall: Sendable, Equatable, Codable {
  package var position: SourcePosition
  package var manager = PackageManager.npm
  /// What the manager calls packages; for `curl`, URLs.
  package var packages: [Located<String>] = []
  package var options = InstallOptions()

  package init(at position: SourcePosition) { self.position = position }
}

/// How packages are installed: what a provider's install table and a package set have in common.
package struct InstallOptions: Sendable, Equatable, Codable {
  /// Absolute; empty when not given.
  package var prefix = ""
  /// With `curl`: the digest of each package, in their order; empty when not given.
  package var digests: [Located<Digest>] = []
  /// Name in `/usr/local/bin` → path inside what was installed.
  package var links: [NamedText] = []
  /// With `npm`: names of packages whose scripts run when they are installed.
  package var allowScripts: [Located<String>] = []
  /// With `uv` and `pip`: requirements that only bound the versions of what is installed.
  package var constraints: [Located<String>] = []
  /// With `uv` and `pip`: names of what is built from source.
  package var sources: [Located<String>] = []

  package init() {}
}

package enum PackageManager: String, Sendable, Codable, CaseIterable { case apt, uv, pip, npm, curl }
