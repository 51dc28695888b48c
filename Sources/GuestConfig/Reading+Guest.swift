import BuildModel
import Diagnosis
import FileTree
import Toml

extension GuestProvider {
  mutating func read(from section: Section) {
    section.string("name", &name, required: true)
    section.string("description", &description)
    section.boolean("enabled", &enabled)
    if let part = section.section("api_key", required: true) {
      part.string("name", &apiKey.name, required: true)
      part.strings("env_vars", &apiKey.environmentVariables, required: true, nonEmpty: true)
      part.string("prefix", &apiKey.prefix)
      part.string("docs_url", &apiKey.documentationURL)
    }
    if let part = section.section("network", required: true) {
      part.strings("domains", &network.domains, required: true, nonEmpty: true)
      part.boolean("allow_get", &network.allowGet)
      part.boolean("allow_post", &network.allowPost)
    }
    if let part = section.section("install") {
      var install = ProviderInstall(at: part.position)
      install.read(from: part)
      self.install = install
    }
    if let part = section.section("cli") {
      var cli = CLI()
      part.string("key", &cli.key, required: true)
      part.string("name", &cli.name, required: true)
      part.string("description", &cli.description)
      part.string("version_command", &cli.versionCommand)
      self.cli = cli
    }
    for part in section.sections("files", placeholder: "ID") {
      var file = GuestFile(at: part.position)
      file.read(from: part)
      files.append(NamedFile(id: part.name.value, file: file))
    }
  }
}

extension ProviderInstall {
  mutating func read(from section: Section) {
    section.choice("manager", &manager, required: true)
    section.strings("packages", &packages, required: true, check: Rule.withoutCredentials)
    options.read(from: section, of: manager, packages: packages)
  }
}

extension InstallOptions {
  mutating func read(from section: Section, of manager: PackageManager, packages: [Located<String>]) {
    section.string("prefix", &prefix, check: Rule.absolutePath)
    section.digests("sha256", &digests)
    section.texts("links", &links) { Rule.fileName($0.name) ?? Rule.pathInside($0.text) }
    section.strings("allow_scripts", &allowScripts)
    section.strings("constraints", &constraints, check: Rule.withoutCredentials)
    section.strings("allow_sdist", &sources)
    if manager != .uv && manager != .pip {
      for (key, list) in [("constraints", constraints), ("allow_sdist", sources)] where !list.isEmpty {
        section.fail(
          at: section.position(of: key), key: key,
          "only managers \"uv\" and \"pip\" take names of Python packages")
      }
    }
    func only(_ key: String, _ owner: PackageManager, _ what: String) {
      if manager == owner { return }
      section.fail(
        at: section.position(of: key), key: key, "only manager \"\(owner.rawValue)\" takes \(what)")
    }
    if !allowScripts.isEmpty { only("allow_scripts", .npm, "names of packages that run scripts") }
    if digests.isEmpty { return }
    only("sha256", .curl, "digests")
    if manager == .curl && digests.count != packages.count {
      section.fail(
        at: section.position(of: "sha256"), key: "sha256",
        "expected one for each of \(packages.count) packages, found \(digests.count)")
    }
  }
}

extension GuestFile {
  mutating func read(from section: Section) {
    section.string("path", &path, required: true)
    section.string("content", &content, required: true)
    pathPosition = section.position(of: "path")
    contentPosition = section.position(of: "content")
  }
}

extension GuestPackageSet {
  mutating func read(from section: Section) {
    section.string("name", &name, required: true)
    section.choice("manager", &manager, required: true)
    section.strings(
      "packages", &packages, required: true, nonEmpty: true, check: Rule.withoutCredentials)
    options.read(from: section, of: installer, packages: packages)
    section.string("install_cmd", &installCommand, required: true, nonEmpty: true)
    // Only now and then are there commands, and a list may be long.
    let names = Set(
      section.table?.entry("version_commands") == nil
        ? []
        : packages.flatMap { [$0.value, AptRequest($0).name, PythonRequest($0).name, NpmRequest($0).name] })
    section.texts("version_commands", &versionCommands) { command in
      names.contains(command.name) ? nil : "\"\(command.name)\" is not in packages"
    } hint: {
      didYouMean($0.name, among: names)
    }
    guard let part = section.section("network") else { return }
    var network = Network()
    part.string("name", &network.name, required: true)
    part.strings("domains", &network.domains, required: true)
    part.boolean("allow_get", &network.allowGet)
    self.network = network
  }
}

extension MCPServer {
  mutating func read(from section: Section) {
    section.string("name", &name, required: true)
    section.string("description", &description)
    let before = section.journal.problems.count
    section.choice("transport", &transport, required: true)
    section.string("command", &command)
    section.string("url", &url)
    section.strings("args", &arguments)
    section.texts("env", &environment)
    section.texts("headers", &headers)
    section.boolean("builtin", &builtin)
    section.boolean("enabled", &enabled)
    // An error above may be the reason why something seems to be absent.
    guard section.table != nil, section.journal.problems.count == before else { return }
    switch transport {
    case .stdio where (command ?? "").isEmpty:
      section.fail(
        at: section.position(of: "command"), key: "command", "transport \"stdio\" needs a command")
    case .sse where (url ?? "").isEmpty:
      section.fail(at: section.position(of: "url"), key: "url", "transport \"sse\" needs a url")
    default: break
    }
  }
}
