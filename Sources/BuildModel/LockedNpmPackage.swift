import FileTree

/// One tarball of an npm registry, at its place among the global packages.
package struct LockedNpmPackage: Sendable, Codable, Equatable {
  /// Below the prefix's `lib`, as npm's own lockfile writes it: "node_modules/a/node_modules/@b/c".
  package var place: String
  /// The package's own name, which an alias's place does not end with.
  package var name: String
  package var version: String
  /// Where it was found; any place that serves the same digest will do.
  package var url: String
  package var size: Int64
  package var sha256: Digest
  package var integrity: NpmIntegrity
  /// Commands: name → path inside the package, as npm normalises its `bin`.
  package var commands: [String: String]
  /// Asked for by the config, so that its commands go to the prefix's `bin`.
  package var requested: Bool
  /// Wants to run scripts when it is installed. They run if the config allows it by the package's name.
  package var hasScripts: Bool

  package init(
    place: String, name: String, version: String, url: String, size: Int64, sha256: Digest,
    integrity: NpmIntegrity, commands: [String: String], requested: Bool, hasScripts: Bool
  ) {
    self.place = place
    self.name = name
    self.version = version
    self.url = url
    self.size = size
    self.sha256 = sha256
    self.integrity = integrity
    self.commands = commands
    self.requested = requested
    self.hasScripts = hasScripts
  }
}

/// One file that the config names by its address and its digest: of the manager `curl`.
package struct LockedFile: Sendable, Codable, Equatable {
  /// The key of the provider or the package set that it belongs to.
  package var owner: String
  package var url: String
  package var size: Int64
  package var sha256: Digest

  package init(owner: String, url: String, size: Int64, sha256: Digest) {
    self.owner = owner
    self.url = url
    self.size = size
    self.sha256 = sha256
  }

  /// The last part of its address: what curl's `-O` would call it.
  package var name: String { LockedFile.name(of: url) }

  package static func name(of url: String) -> String {
    let path = url.prefix { $0 != "?" && $0 != "#" }
    guard let scheme = path.firstRange(of: "://") else { return "" }
    return path[scheme.upperBound...].split(separator: "/").dropFirst().last.map(String.init) ?? ""
  }
}
