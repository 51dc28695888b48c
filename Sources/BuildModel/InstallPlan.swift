import Diagnosis
import FileTree

/// What a config asks to be installed, whatever the architecture.
package struct InstallPlan: Sendable, Equatable, Codable {
  /// The set `apt`, in order, without repeats.
  package var apt: [AptRequest]
  /// The set `python`, in order, without repeats.
  package var python: [PythonRequest]
  /// What bounds the versions of that set.
  package var pythonConstraints: [Located<String>]
  /// Names of what that set builds from source.
  package var pythonSources: [Located<String>]
  /// Enabled providers that install something, in order.
  package var providers: [ProviderProgram]
  /// The prefix of all providers' npm packages: the last one given.
  package var npmPrefix: String
  /// Sets that nothing installs: every set that is named neither `apt` nor `python`.
  package var unused: [Located<String>]

  package static let defaultPrefix = "/opt/ai-clis"

  package init(_ configuration: GuestConfiguration) {
    func set(_ key: String) -> [Located<String>] {
      var seen: Set<String> = []
      let packages = configuration.packageSets.first { $0.key == key }?.packages ?? []
      return packages.filter { seen.insert($0.value).inserted }
    }
    apt = set("apt").map(AptRequest.init)
    python = set("python").map(PythonRequest.init)
    pythonConstraints = configuration.packageSets.first { $0.key == "python" }?.constraints ?? []
    pythonSources = configuration.packageSets.first { $0.key == "python" }?.sources ?? []
    unused = configuration.packageSets.filter { $0.key != "apt" && $0.key != "python" }
      .map { Located($0.key, at: $0.position) }

    let installs = configuration.providers.filter(\.enabled).compactMap { provider in
      provider.install.map { (provider, $0) }
    }
    let npmPrefix =
      installs.last { $0.1.manager == .npm && !$0.1.prefix.isEmpty }?.1.prefix ?? InstallPlan.defaultPrefix
    self.npmPrefix = npmPrefix
    providers = installs.map { provider, install in
      ProviderProgram(provider: provider, install: install, npmPrefix: npmPrefix)
    }
  }
}

/// How one provider's program is installed.
package struct ProviderProgram: Sendable, Equatable, Codable {
  package var key: String
  package var position: SourcePosition
  package var manager: PackageManager
  package var prefix: String
  package var packages: [Located<String>]
  /// Names of what is built from source.
  package var sources: [Located<String>]
  /// With `curl`: the digest of each package, nil where the config has none. Empty otherwise.
  package var digests: [Digest?]
  /// Name in `/usr/local/bin` → path inside what was installed.
  package var links: [NamedText]

  init(provider: GuestProvider, install: ProviderInstall, npmPrefix: String) {
    key = provider.key
    position = install.position
    manager = install.manager
    packages = install.packages
    sources = install.sources
    links = install.links
    digests =
      install.manager == .curl
      ? install.packages.indices.map { $0 < install.digests.count ? install.digests[$0].value : nil } : []
    switch install.manager {
    case .npm: prefix = npmPrefix
    default: prefix = install.prefix.isEmpty ? InstallPlan.defaultPrefix : install.prefix
    }
  }
}

/// The commands of `tool-versions.txt`, in its three sections.
package struct VersionCommands: Sendable, Equatable, Codable {
  /// `[build.version_commands]`, then those of the set `apt`.
  package var system: [NamedText]
  package var python: [NamedText]
  /// Of enabled providers, named by `cli.key`; each has to answer.
  package var providers: [NamedText]

  package init(_ configuration: GuestConfiguration) {
    func set(_ key: String) -> [NamedText] {
      configuration.packageSets.first { $0.key == key }?.versionCommands ?? []
    }
    system = configuration.build.versionCommands + set("apt")
    python = set("python")
    providers = configuration.providers.filter(\.enabled).compactMap { provider in
      guard let cli = provider.cli, let command = cli.versionCommand, !command.isEmpty else { return nil }
      return NamedText(cli.key, command, at: provider.position)
    }
  }

  package var isEmpty: Bool { system.isEmpty && python.isEmpty && providers.isEmpty }
}
