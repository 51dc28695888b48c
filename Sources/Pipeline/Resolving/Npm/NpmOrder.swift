import FileTree

/// What npm is to resolve, in a worker of its own.
struct NpmOrder: Codable, Sendable {
  /// The wheel with Node and npm, for this host.
  var node: Digest
  var nodeFile: String
  /// The text of a package.json that asks for everything.
  var manifest: String
  /// What the packages are to run on, by the architecture's name.
  var platforms: [String: NpmPlatform]
  /// Nobody on the host has named a registry.
  var asksForRegistry: Bool
}

/// In npm's own words.
struct NpmPlatform: Codable, Sendable, Equatable {
  var os = "linux"
  var cpu: String
  var libc = "glibc"
}

/// What npm made of it.
struct NpmAnswer: Codable, Sendable, Equatable {
  /// The text of its package-lock.json.
  var lock: String
  /// Places of packages that cannot run there, by the architecture's name.
  var unfit: [String: [String]]
}
