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
        configuration.replaced +=
          configuration.providers.put(provider, \.key, \.position, as: .provider)
      }
    case .packages:
      for section in root.sections(placeholder: "SET") {
        var set = GuestPackageSet(key: section.name.value, at: section.position)
        set.read(from: section)
        configuration.replaced += configuration.packageSets.put(set, \.key, \.position, as: .packageSet)
      }
    case .mcp:
      for section in root.sections(placeholder: "SERVER") {
        var server = MCPServer(key: section.name.value, at: section.position)
        server.read(from: section)
        configuration.replaced += configuration.mcpServers.put(server, \.key, \.position, as: .mcpServer)
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

extension Array {
  /// Appends, or takes the place of the element with the same key, and says which one that was.
  fileprivate mutating func put(
    _ element: Element, _ key: KeyPath<Element, String>, _ position: KeyPath<Element, SourcePosition>,
    as kind: ReplacedTable.Kind
  ) -> [ReplacedTable] {
    guard let index = firstIndex(where: { $0[keyPath: key] == element[keyPath: key] }) else {
      append(element)
      return []
    }
    let replaced = ReplacedTable(
      key: element[keyPath: key], kind: kind, earlier: self[index][keyPath: position],
      later: element[keyPath: position])
    self[index] = element
    return [replaced]
  }
}
