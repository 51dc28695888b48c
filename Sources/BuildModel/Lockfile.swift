import FileTree

/// Everything that a build takes from outside, by digest: `GUEST/capsem.lock`, or the resolution that
/// the cache keeps. Two equal lockfiles build equal images, whichever mirror serves them.
package struct Lockfile: Sendable, Codable, Equatable {
  /// The `version = 1` of the file; another number is refused.
  package static let formatVersion = 1

  /// Digest of the parsed config values that resolving depends on. A lock whose digest differs from
  /// the config's is stale.
  package var configuration: Digest
  /// What the config asked for when it was written, one statement each, as
  /// `ConfigurationIdentity` has them: to name what a stale lock does not cover.
  package var requests: [String]
  /// The newest `Date` of the Release files, in seconds since 1970. Every time in the image comes
  /// from it unless `SOURCE_DATE_EPOCH` says otherwise.
  package var date: Int64
  /// What resolved the Debian packages: the version of libapt-pkg.
  package var solver: String
  /// The suites that were asked, in the order of the sources.
  package var releases: [LockedRelease]
  /// Sorted by name.
  package var architectures: [LockedArchitecture]
  /// Sorted by builder; none where the guest has nothing to compile.
  package var buildRoots: [LockedBuildRoot]
  /// The rules by which images had their bytes when it was written; nil in a lock that does not say.
  package var imageLayout: Int?

  package init(
    configuration: Digest, requests: [String] = [], date: Int64, solver: String, releases: [LockedRelease],
    architectures: [LockedArchitecture], buildRoots: [LockedBuildRoot] = [], imageLayout: Int? = nil
  ) {
    self.buildRoots = buildRoots
    self.requests = requests
    self.imageLayout = imageLayout
    self.configuration = configuration
    self.date = date
    self.solver = solver
    self.releases = releases
    self.architectures = architectures
  }
}

/// One suite of one archive, as its signed Release file described it.
package struct LockedRelease: Sendable, Codable, Equatable {
  /// Short name that packages refer to: "main", "updates", "security", or the config's own.
  package var name: String
  /// What the image's `debian.sources` names: https, without credentials; nil for an archive in a
  /// local directory, which an image never mentions.
  package var imageURI: String?
  /// "bookworm-security"
  package var suite: String
  package var components: [String]
  package var date: Int64
  /// Digest of InRelease as it was fetched.
  package var inRelease: Digest
  /// Bytes of it.
  package var inReleaseSize: Int64
  /// Fingerprints of the keys that made good signatures, sorted.
  package var signedBy: [String]

  package init(
    name: String, imageURI: String?, suite: String, components: [String], date: Int64,
    inRelease: Digest, inReleaseSize: Int64, signedBy: [String]
  ) {
    self.name = name
    self.imageURI = imageURI
    self.suite = suite
    self.components = components
    self.date = date
    self.inRelease = inRelease
    self.inReleaseSize = inReleaseSize
    self.signedBy = signedBy
  }
}

package struct LockedArchitecture: Sendable, Codable, Equatable {
  /// The config's name: "x86_64", "arm64".
  package var name: String
  /// Debian's: "amd64", "arm64".
  package var debian: String
  /// Package indexes that were read, one for each release and component.
  package var indexes: [LockedIndex]
  /// Sorted by name, then architecture.
  package var packages: [LockedPackage]
  /// The explicit configure steps that libapt-pkg puts between unpacking one package and the next; what
  /// is left is configured by `dpkg --configure --pending`.
  package var configureSteps: [ConfigureStep]
  /// "3.11": the interpreter the wheels are for; nil when the image has no python3.
  package var python: String?
  /// Sorted by environment, then name.
  package var wheels: [LockedWheel]
  /// Sorted by place, so that each comes after the one inside which it lies.
  package var npm: [LockedNpmPackage]
  /// Sorted by owner, each owner's in the config's order.
  package var files: [LockedFile]
  /// Nil where the guest has no kernel configuration for it.
  package var kernel: LockedKernel?
  /// `busybox-static`, for the initrd; nil where the guest has none.
  package var busybox: LockedPackage?

  package init(
    name: String, debian: String, indexes: [LockedIndex], packages: [LockedPackage],
    configureSteps: [ConfigureStep], python: String?, wheels: [LockedWheel],
    npm: [LockedNpmPackage] = [], files: [LockedFile] = [], kernel: LockedKernel? = nil,
    busybox: LockedPackage? = nil
  ) {
    self.kernel = kernel
    self.busybox = busybox
    self.npm = npm
    self.files = files
    self.name = name
    self.debian = debian
    self.indexes = indexes
    self.packages = packages
    self.configureSteps = configureSteps
    self.python = python
    self.wheels = wheels
  }
}

/// One call of `dpkg --configure` before everything is unpacked: for a package that a later one
/// pre-depends on.
package struct ConfigureStep: Sendable, Codable, Equatable {
  /// Its place: when all packages with a smaller `order` are unpacked, and no others.
  package var before: Int
  package var packages: [String]

  package init(before: Int, packages: [String]) {
    self.before = before
    self.packages = packages
  }
}

/// One compressed `Packages` file.
package struct LockedIndex: Sendable, Codable, Equatable {
  /// A name of `Lockfile.releases`.
  package var release: String
  package var component: String
  /// Below the suite's directory: "main/binary-amd64/Packages.xz".
  package var path: String
  package var size: Int64
  package var sha256: Digest

  package init(release: String, component: String, path: String, size: Int64, sha256: Digest) {
    self.release = release
    self.component = component
    self.path = path
    self.size = size
    self.sha256 = sha256
  }
}

package struct LockedPackage: Sendable, Codable, Equatable {
  package var name: String
  package var version: String
  /// "amd64", "all"
  package var architecture: String
  /// Bytes of the `.deb`.
  package var size: Int64
  package var sha256: Digest
  /// Below the archive's root: "pool/main/b/bash/bash_5.2.15-2+b2_amd64.deb".
  package var path: String
  /// A name of `Lockfile.releases`.
  package var release: String
  /// Belongs to the closure of the Essential packages, which is unpacked and configured first.
  package var essential: Bool
  /// Place in the order in which libapt-pkg unpacks, counted from 0 over both groups.
  package var order: Int
  /// Bytes in a tree, as the packager estimated them.
  package var installedSize: Int64
  /// The package that brought it, for people: the first on the shortest way from what was asked for. Nil
  /// for what was asked for itself.
  package var neededBy: String?

  package init(
    name: String, version: String, architecture: String, size: Int64, sha256: Digest, path: String,
    release: String, essential: Bool, order: Int, installedSize: Int64, neededBy: String? = nil
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.size = size
    self.sha256 = sha256
    self.path = path
    self.release = release
    self.essential = essential
    self.order = order
    self.installedSize = installedSize
    self.neededBy = neededBy
  }
}

/// One wheel of a Python index. Node and uv come as wheels, too.
package struct LockedWheel: Sendable, Codable, Equatable {
  /// What it is installed for: "python" (the system's packages), "node", "uv", or
  /// "provider:KEY" (an AI provider's own prefix).
  package var environment: String
  package var name: String
  package var version: String
  /// "numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
  package var file: String
  /// Where it was found; any place that serves the same digest will do.
  package var url: String
  package var size: Int64
  package var sha256: Digest
  /// Asked for by the config, and not only needed by something that was: uv's REQUESTED.
  package var requested: Bool

  package init(
    environment: String, name: String, version: String, file: String, url: String, size: Int64,
    sha256: Digest, requested: Bool
  ) {
    self.environment = environment
    self.name = name
    self.version = version
    self.file = file
    self.url = url
    self.size = size
    self.sha256 = sha256
    self.requested = requested
  }
}
