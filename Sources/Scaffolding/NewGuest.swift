import BuildModel
import Diagnosis
import FileTree
import Glibc

/// A guest made from another one.
package struct NewGuest: Sendable, Equatable {
  package var identity: GuestIdentity
  /// Files of the base's `ai/`, `packages/` and `mcp/`, below `config/`.
  package var tables: [String]
  package var copiesSecurity = true
  package var copiesMachine = true
  package var additions: [Addition] = []

  /// All that `base` has, under the name `name`. `date` is that of the first change: "2026-08-10".
  package init(everythingOf base: GuestConfiguration, name: String, date: String) {
    identity = GuestIdentity()
    identity.name = name
    var change = GuestIdentity.Change()
    (change.version, change.date) = (identity.version, date)
    change.changes = ["First version" + (base.image.map { ", from \($0.name) \($0.version)" } ?? "")]
    identity.changelog = [change]
    tables = [.provider, .packageSet, .server].flatMap { base.files(of: $0) }
  }

  /// Everything to be written: what was chosen, and what every build needs.
  package func files(from base: GuestConfiguration) throws -> [ScaffoldFile] {
    let config = base.configDirectory
    var names = ["build.toml"] + base.referencedFiles + tables
    names += try entries(of: "kernel", below: config).filter { $0.hasPrefix("kernel/defconfig.") }
    for (directory, isChosen) in [("security", copiesSecurity), ("vm", copiesMachine)] where isChosen {
      names += try entries(of: directory, below: config).filter { $0.hasSuffix(".toml") }
    }
    var files = try Set(names).sorted().filter { exists("\(config)/\($0)") }.map { name in
      ScaffoldFile("config/\(name)", try content(of: "\(config)/\(name)"))
    }
    files.append(ScaffoldFile("config/manifest.toml", Template.manifest(identity)))
    files += additions.map { $0.file(for: base) }
    return try files + artifacts(of: base.directory)
  }

  /// The base's own; those of the default guest when it has none.
  private func artifacts(of directory: String) throws -> [ScaffoldFile] {
    guard exists("\(directory)/artifacts") else { return ShippedGuest.artifacts }
    let root = try Descriptor(opening: "\(directory)/artifacts", O_RDONLY | O_DIRECTORY)
    return try TreeWalk.entries(below: root.raw).filter { $0.kind == .file && !$0.path.isByproduct }.map {
      ScaffoldFile("artifacts\($0.path)", try content(of: "\(directory)/artifacts\($0.path)"))
    }
  }

  private func entries(of directory: String, below config: String) throws -> [String] {
    guard exists("\(config)/\(directory)") else { return [] }
    let opened = try Descriptor(opening: "\(config)/\(directory)", O_RDONLY | O_DIRECTORY).release()
    return try directoryNames(opened, named: "\(config)/\(directory)").map {
      "\(directory)/\(String(decoding: $0, as: UTF8.self))"
    }
  }

  private func content(of path: String) throws -> [UInt8] {
    let file = try Descriptor(opening: path, O_RDONLY)
    return try readAll(file.raw, named: path)
  }
}

extension GuestConfiguration {
  /// The files below `config/` that hold the tables of one kind, by name.
  package func files(of kind: TableName.Kind) -> [String] {
    let positions =
      switch kind {
      case .provider: providers.map(\.position)
      case .packageSet: packageSets.map(\.position)
      case .server: mcpServers.map(\.position)
      }
    return Set(positions.map { String($0.file.dropFirst(configDirectory.count + 1)) }).sorted()
  }

  /// Files below `config/` that `build.toml` names: kernel configurations and keyrings.
  fileprivate var referencedFiles: [String] {
    let names =
      build.architectures.map(\.defconfig.value) + [build.apt.keyring?.value].compactMap(\.self)
      + build.apt.sources.compactMap { $0.signedBy?.value }
    return names.filter { name in
      !name.hasPrefix("/") && TreePath(name).map { !$0.isRoot } == true
    }
  }
}

extension TreePath {
  /// What running the artifacts on the host leaves beside them.
  fileprivate var isByproduct: Bool {
    let names: Set = ["__pycache__", ".pytest_cache", ".DS_Store"]
    return bytes.split(separator: UInt8(ascii: "/")).contains {
      names.contains(String(decoding: $0, as: UTF8.self))
    }
  }
}
