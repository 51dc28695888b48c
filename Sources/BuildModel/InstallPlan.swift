import Diagnosis
import FileTree

/// What a config asks to be installed, whatever the architecture: the packages of its sets and of its
/// enabled providers, by what installs them.
package struct InstallPlan: Sendable, Equatable, Codable {
  /// Debian packages, in order, without repeats.
  package var apt: [AptRequest]
  /// Of the system's Python, in order, without repeats.
  package var python: [PythonRequest]
  /// What bounds the versions of those.
  package var pythonConstraints: [Located<String>]
  /// Names of what is built from source of those.
  package var pythonSources: [Located<String>]
  /// Global npm packages, in order, without repeats.
  package var npm: [NpmRequest]
  /// The prefix of all npm packages: the last one given.
  package var npmPrefix: String
  /// npm packages that may run their scripts when they are installed, by name.
  package var npmScripts: Set<String>
  /// Programs that are fetched as files, in order.
  package var fetched: [FetchedProgram]
  /// Enabled providers that install something, in order.
  package var providers: [ProviderProgram]

  package static let defaultPrefix = "/opt/ai-clis"

  package init(_ configuration: GuestConfiguration) {
    let installs = configuration.providers.filter(\.enabled).compactMap { provider in
      provider.install.map { (provider, $0) }
    }
    let sets = configuration.packageSets
    func packages(of managers: Set<PackageManager>, withProviders: Bool = true) -> [Located<String>] {
      var seen: Set<String> = []
      let fromSets = sets.filter { managers.contains($0.installer) }.flatMap(\.packages)
      let fromProviders = installs.map(\.1).filter { withProviders && managers.contains($0.manager) }
        .flatMap(\.packages)
      return (fromSets + fromProviders).filter { seen.insert($0.value).inserted }
    }
    apt = packages(of: [.apt]).map(AptRequest.init)
    // A provider's Python packages go to a prefix of its own.
    python = packages(of: [.uv, .pip], withProviders: false).map(PythonRequest.init)
    let pythonSets = sets.filter { $0.installer == .uv || $0.installer == .pip }
    pythonConstraints = pythonSets.flatMap(\.options.constraints)
    pythonSources = pythonSets.flatMap(\.options.sources)
    npm = packages(of: [.npm]).map(NpmRequest.init)
    npmScripts = Set(
      sets.filter { $0.installer == .npm }.flatMap(\.options.allowScripts).map(\.value)
        + installs.map(\.1).filter { $0.manager == .npm }.flatMap(\.options.allowScripts).map(\.value))
    let prefixes =
      sets.filter { $0.installer == .npm }.map(\.options.prefix)
      + installs.filter { $0.1.manager == .npm }.map(\.1.options.prefix)
    let npmPrefix = prefixes.last { !$0.isEmpty } ?? InstallPlan.defaultPrefix
    self.npmPrefix = npmPrefix
    fetched =
      sets.filter { $0.installer == .curl }.map {
        FetchedProgram(key: $0.key, at: $0.position, packages: $0.packages, options: $0.options)
      }
      + installs.filter { $0.1.manager == .curl }.map {
        FetchedProgram(key: $0.key, at: $1.position, packages: $1.packages, options: $1.options)
      }
    providers = installs.map { provider, install in
      ProviderProgram(provider: provider, install: install, npmPrefix: npmPrefix)
    }
  }
}

/// A package of an npm registry as a list asks for it: `name`, or `name@` and a version, range or tag.
package struct NpmRequest: Sendable, Equatable, Codable {
  /// "@google/gemini-cli"
  package var name: String
  /// Empty for the newest.
  package var version: String
  package var position: SourcePosition

  package init(_ text: Located<String>) {
    position = text.position
    let text = text.value
    // The first sign may be a scope's.
    let mark = text.dropFirst().firstIndex(of: "@")
    name = String(text[..<(mark ?? text.endIndex)])
    version = mark.map { String(text[text.index(after: $0)...]) } ?? ""
  }

  package var text: String { version.isEmpty ? name : "\(name)@\(version)" }
}

/// A program that consists of files from anywhere, each with its digest.
package struct FetchedProgram: Sendable, Equatable, Codable {
  /// Of the provider or the package set.
  package var key: String
  package var position: SourcePosition
  /// Absolute directory for what is fetched.
  package var prefix: String
  package var files: [File]
  /// Name in `/usr/local/bin` → path inside `prefix`.
  package var links: [NamedText]

  package struct File: Sendable, Equatable, Codable {
    package var url: Located<String>
    /// Nil where the config has none.
    package var digest: Digest?

    package init(url: Located<String>, digest: Digest?) {
      self.url = url
      self.digest = digest
    }
  }

  init(key: String, at position: SourcePosition, packages: [Located<String>], options: InstallOptions) {
    self.key = key
    self.position = position
    prefix = options.prefix.isEmpty ? "/opt/\(key)" : options.prefix
    links = options.links
    files = packages.enumerated().map { index, url in
      File(url: url, digest: index < options.digests.count ? options.digests[index].value : nil)
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
  /// What bounds their versions, and the names of what is built from source.
  package var constraints: [Located<String>]
  package var sources: [Located<String>]
  /// Name in `/usr/local/bin` → path inside what was installed.
  package var links: [NamedText]

  init(provider: GuestProvider, install: ProviderInstall, npmPrefix: String) {
    key = provider.key
    position = install.position
    manager = install.manager
    packages = install.packages
    constraints = install.options.constraints
    sources = install.options.sources
    links = install.options.links
    switch install.manager {
    case .npm: prefix = npmPrefix
    case .curl: prefix = install.options.prefix.isEmpty ? "/opt/\(provider.key)" : install.options.prefix
    case .apt, .uv, .pip:
      prefix = install.options.prefix.isEmpty ? InstallPlan.defaultPrefix : install.options.prefix
    }
  }
}

/// The commands of `tool-versions.txt`, in its three sections.
package struct VersionCommands: Sendable, Equatable, Codable {
  /// `[build.version_commands]`, then those of sets that Python has nothing to do with.
  package var system: [NamedText]
  package var python: [NamedText]
  /// Of enabled providers, named by `cli.key`; each has to answer.
  package var providers: [NamedText]

  package init(_ configuration: GuestConfiguration) {
    func commands(ofPython: Bool) -> [NamedText] {
      configuration.packageSets.filter { ($0.installer == .uv || $0.installer == .pip) == ofPython }
        .flatMap(\.versionCommands)
    }
    system = configuration.build.versionCommands + commands(ofPython: false)
    python = commands(ofPython: true)
    providers = configuration.providers.filter(\.enabled).compactMap { provider in
      guard let cli = provider.cli, let command = cli.versionCommand, !command.isEmpty else { return nil }
      return NamedText(cli.key, command, at: provider.position)
    }
  }

  package var isEmpty: Bool { system.isEmpty && python.isEmpty && providers.isEmpty }
}
