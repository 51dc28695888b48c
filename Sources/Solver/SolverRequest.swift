/// What shall be resolved, as a value: it crosses to the child process that resolves it.
package struct SolverRequest: Sendable, Codable, Equatable {
  /// In the order of preference between equal versions of a package.
  package var sources: [Source]
  /// Debian's name of the only architecture: "amd64", "arm64".
  package var architecture: String
  /// Of all packages, the Essential ones included.
  package var installsRecommends: Bool
  /// What the config asks for: `name`, `name=version`, `name/release`, each with or without `:arch`.
  package var packages: [String]
  /// `name=version` of what shall have this version if it is installed and the sources have it.
  package var preferences: [String]
  /// Asked for together with the Essential packages, where a source has them. Without
  /// `usr-is-merged`, init-system-helpers brings `usrmerge` and perl's modules with it.
  package var essentialRequests: [String]
  /// Asked for together with `packages`, where a source has them.
  package var baseRequests: [String]

  package init(
    sources: [Source], architecture: String, installsRecommends: Bool = false, packages: [String],
    preferences: [String] = [], essentialRequests: [String] = ["usr-is-merged"],
    baseRequests: [String] = ["apt"]
  ) {
    self.sources = sources
    self.architecture = architecture
    self.installsRecommends = installsRecommends
    self.packages = packages
    self.preferences = preferences
    self.essentialRequests = essentialRequests
    self.baseRequests = baseRequests
  }

  /// One suite of one archive, whose files were fetched and verified: nothing is verified again.
  package struct Source: Sendable, Codable, Equatable {
    /// What packages of the solution refer to: "main", "security".
    package var name: String
    /// The archive's root, as in sources.list. Names files only: nothing is fetched from it.
    package var uri: String
    package var suite: String
    /// The absolute path of the verified content of the Release file, without the signature around it.
    package var release: String
    package var indexes: [Index]
    /// Replaces the pin priority that the Release file gives, see apt_preferences(5).
    package var priority: Int?

    package init(
      name: String, uri: String, suite: String, release: String, indexes: [Index],
      priority: Int? = nil
    ) {
      self.name = name
      self.uri = uri
      self.suite = suite
      self.release = release
      self.indexes = indexes
      self.priority = priority
    }
  }

  /// One verified `Packages` file.
  package struct Index: Sendable, Codable, Equatable {
    package var component: String
    /// The absolute path of the uncompressed file. It is linked to, and must not change meanwhile.
    package var path: String

    package init(component: String, path: String) {
      self.component = component
      self.path = path
    }
  }
}
