import FileTree

/// A set of packages whose dependencies are met, and the order in which they go into a tree.
package struct Solution: Sendable, Codable, Equatable {
  /// In the order in which they are unpacked: first the Essential packages with what they need, then
  /// the others.
  package var packages: [Package]
  /// What is configured explicitly after the Essential packages are: each step one call of
  /// `dpkg --configure`, in order. What no step names is left to `dpkg --configure --pending`.
  package var configureSteps: [Step]
  /// The version of libapt-pkg, "2.6.1": another one may choose or order otherwise.
  package var library: String

  package init(packages: [Package], configureSteps: [Step], library: String) {
    self.packages = packages
    self.configureSteps = configureSteps
    self.library = library
  }

  package struct Step: Sendable, Codable, Equatable {
    /// It comes when all packages with a smaller `order` are unpacked, and no others.
    package var before: Int
    package var packages: [String]

    package init(before: Int, packages: [String]) {
      self.before = before
      self.packages = packages
    }
  }

  package struct Package: Sendable, Codable, Equatable {
    package var name: String
    package var version: String
    /// "amd64", "all"
    package var architecture: String
    /// The name of the source it comes from: the first that has this version.
    package var source: String
    package var component: String
    /// Below the archive's root: "pool/main/b/bash/bash_5.2.15-2+b2_amd64.deb".
    package var filename: String
    /// Bytes of the `.deb`.
    package var size: Int64
    /// Bytes, as the packager estimated them.
    package var installedSize: Int64
    package var sha256: Digest
    /// Belongs to the Essential packages or to what they need.
    package var essential: Bool
    /// `Multi-Arch: same`, which dpkg's file names depend on.
    package var multiArchSame: Bool
    /// Its place in `packages`.
    package var order: Int
    /// The packages of the solution that meet its Depends and Pre-Depends, sorted.
    package var dependsOn: [String]

    package init(
      name: String, version: String, architecture: String, source: String, component: String,
      filename: String, size: Int64, installedSize: Int64, sha256: Digest, essential: Bool,
      multiArchSame: Bool, order: Int, dependsOn: [String]
    ) {
      self.name = name
      self.version = version
      self.architecture = architecture
      self.source = source
      self.component = component
      self.filename = filename
      self.size = size
      self.installedSize = installedSize
      self.sha256 = sha256
      self.essential = essential
      self.multiArchSame = multiArchSame
      self.order = order
      self.dependsOn = dependsOn
    }
  }
}
