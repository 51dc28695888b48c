import BuildModel
import Diagnosis
import Toml

/// One file that `add` writes: a table in a file of the same name.
package enum Addition: Sendable, Equatable {
  case provider(TableName)
  case packages(TableName, PackageManager)
  case server(TableName, MCPServer.Transport)

  package var kind: TableName.Kind {
    switch self {
    case .provider: .provider
    case .packages: .packageSet
    case .server: .server
    }
  }

  package var name: TableName {
    switch self {
    case .provider(let name), .packages(let name, _), .server(let name, _): name
    }
  }

  /// Below a guest directory.
  package var path: String { "config/\(kind.directory)/\(name.text).toml" }

  /// A set of packages. Two names say themselves which packages are meant.
  package static func packages(_ name: TableName, manager: PackageManager?) throws -> Addition {
    let fitting: [PackageManager] =
      switch name.text {
      case "apt": [.apt]
      case "python": [.uv, .pip]
      default: [.apt, .uv, .pip, .npm]
      }
    let chosen = manager ?? fitting[0]
    guard fitting.contains(chosen) else {
      let managers = fitting.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
      throw Report(
        "cannot add package set \"\(name.text)\" with manager \"\(chosen.rawValue)\": expected \(managers)",
        hints: ["choose a name that says what the set is for, or leave out --manager"])
    }
    return .packages(name, chosen)
  }

  /// The file for a guest with this config, which is nil when it cannot be read. A provider or package set
  /// of the default guest comes as it is there; of any other there is a template to fill in.
  package func file(for configuration: GuestConfiguration?) -> ScaffoldFile {
    let isShipped =
      switch self {
      case .provider: true
      case .packages(_, let manager): manager == .apt || manager == .uv
      case .server: false
      }
    if isShipped, let shipped = ShippedGuest.file(path) { return shipped }
    let text =
      switch self {
      case .provider(let name): Template.provider(name)
      case .packages(let name, let manager):
        Template.packages(name, manager, domains: configuration?.web.domains(for: manager) ?? [])
      case .server(let name, let transport): Template.server(name, transport)
      }
    return ScaffoldFile(path, text)
  }

  /// Where `configuration` has this table already, other than in the file to be written.
  package func duplicate(in configuration: GuestConfiguration) -> SourcePosition? {
    tables(of: configuration).first {
      $0.key == name.text && $0.position.file != "\(configuration.directory)/\(path)"
    }?.position
  }

  /// The tables of this kind.
  func tables(of configuration: GuestConfiguration) -> [(key: String, position: SourcePosition)] {
    switch kind {
    case .provider: configuration.providers.map { ($0.key, $0.position) }
    case .packageSet: configuration.packageSets.map { ($0.key, $0.position) }
    case .server: configuration.mcpServers.map { ($0.key, $0.position) }
    }
  }
}

extension WebPolicy {
  /// The domains of the registry that a manager asks, as far as the guest names one.
  fileprivate func domains(for manager: PackageManager) -> [String] {
    let key: String? =
      switch manager {
      case .apt: "debian"
      case .uv, .pip: "pypi"
      case .npm: "npm"
      case .curl: nil
      }
    return registry.first { $0.key == key }?.domains.map(\.value) ?? []
  }
}
