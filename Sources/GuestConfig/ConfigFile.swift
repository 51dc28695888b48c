import BuildModel
import Diagnosis
import Toml

/// The files of a config, in the order of loading.
enum ConfigFile: CaseIterable {
  case build, manifest, providers, packages, mcp, web, resources, environment

  /// Below `config/`; a star stands for all files of a directory.
  var pattern: String {
    switch self {
    case .build: "build.toml"
    case .manifest: "manifest.toml"
    case .providers: "ai/*.toml"
    case .packages: "packages/*.toml"
    case .mcp: "mcp/*.toml"
    case .web: "security/web.toml"
    case .resources: "vm/resources.toml"
    case .environment: "vm/environment.toml"
    }
  }

  /// Reads one such file, given its root table.
  func decode(_ root: Section, into configuration: inout GuestConfiguration) {
    switch self {
    case .build:
      guard let build = root.section("build", required: true) else { return }
      configuration.build.read(from: build)
    case .manifest:
      guard let image = root.section("image", required: true) else { return }
      var identity = GuestIdentity()
      identity.read(from: image)
      configuration.image = identity
    case .providers:
      for section in root.sections(placeholder: "PROVIDER") {
        var provider = GuestProvider(key: section.name.value, at: section.position)
        provider.read(from: section)
        root.journal.put(provider, \.providers, as: .provider, \.key, \.position, into: &configuration)
      }
    case .packages:
      for section in root.sections(placeholder: "SET") {
        var set = GuestPackageSet(key: section.name.value, at: section.position)
        set.read(from: section)
        root.journal.put(set, \.packageSets, as: .packageSet, \.key, \.position, into: &configuration)
      }
    case .mcp:
      for section in root.sections(placeholder: "SERVER") {
        var server = MCPServer(key: section.name.value, at: section.position)
        server.read(from: section)
        root.journal.put(server, \.mcpServers, as: .mcpServer, \.key, \.position, into: &configuration)
      }
    case .web:
      guard let web = root.section("web", required: true) else { return }
      configuration.web.read(from: web)
    case .resources:
      guard let resources = root.section("resources", required: true) else { return }
      configuration.resources.read(from: resources)
    case .environment:
      guard let environment = root.section("environment", required: true) else { return }
      configuration.environment.read(from: environment)
    }
  }
}

extension Journal {
  /// Appends a table, or puts it in the place of the one with the same key, and notes that it did.
  fileprivate func put<Table>(
    _ table: Table, _ list: WritableKeyPath<GuestConfiguration, [Table]>, as kind: ReplacedTable.Kind,
    _ key: KeyPath<Table, String>, _ position: KeyPath<Table, SourcePosition>,
    into configuration: inout GuestConfiguration
  ) {
    let name = TableName(kind: kind, key: table[keyPath: key])
    guard let known = tables[name] else {
      tables[name] = (configuration[keyPath: list].count, table[keyPath: position])
      configuration[keyPath: list].append(table)
      return
    }
    configuration[keyPath: list][known.index] = table
    configuration.replaced.append(
      ReplacedTable(key: name.key, kind: kind, earlier: known.first, later: table[keyPath: position]))
  }
}
