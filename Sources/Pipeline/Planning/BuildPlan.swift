import BuildModel
import Diagnosis
import FileTree

/// What a build would do, as a value.
package struct BuildPlan: Sendable {
  package var compression: GuestBuild.Compression
  package var compressionLevel: Int
  package var architectures: [ArchitecturePlan]
}

package struct ArchitecturePlan: Sendable {
  package var name: String
  /// "linux/amd64"
  package var platform: String
  package var rustTarget: String
  package var suite: String
  /// Words on where the packages' versions come from; nil when they are not known.
  package var origin: String?
  /// What is not known yet, and how it would be.
  package var unknown: [String] = []
  /// What would keep the build from succeeding.
  package var obstacles: [Report] = []
  /// What the config asks for, in its order.
  package var requests: [Request] = []
  /// Sorted by name; empty when they are not known.
  package var packages: [Package] = []
  /// The calls of dpkg that configure them, in order.
  package var configuring: [String] = []
  /// Sorted by environment, then name.
  package var wheels: [LockedWheel] = []
  /// Sorted by place.
  package var npm: [LockedNpmPackage] = []
  /// In the config's order.
  package var fetched: [LockedFile] = []
  /// Sorted by path.
  package var files: [File] = []
  package var stages: [PlannedStage] = []
  /// What the cache does not hold yet; nil when it is not known.
  package var download: Amount?
  /// All that the build takes from outside.
  package var sources: Amount?
  package var room: Room?

  package struct Request: Sendable {
    package var manager: PackageManager
    /// As the config writes it: "httpx>=0.27".
    package var text: String
    package var position: SourcePosition
  }

  package struct Package: Sendable {
    package var locked: LockedPackage
    /// Why it is there: "asked for at guest/config/packages/apt.toml:12:3".
    package var reason: String
  }

  package struct File: Sendable {
    /// In the image.
    package var path: String
    package var mode: UInt16
    /// A path on the host, or "-> target".
    package var source: String
    /// Bytes.
    package var size: Int64
    package var sha256: Digest?
  }

  package struct Amount: Sendable, Equatable {
    package var files: Int
    package var bytes: Int64
  }

  /// Bytes.
  package struct Room: Sendable, Equatable {
    package var image: Int64
    /// The image is the one that is there; else its size is an estimate.
    package var isExact: Bool
    /// In the cache, for good.
    package var cache: Int64
    /// In the cache, while the build runs.
    package var workspace: Int64
    /// In the output directory, beside what is there.
    package var output: Int64
  }
}

/// One stage, and whether its result is there already.
package struct PlannedStage: Sendable {
  package var name: String
  package var isReused: Bool
  package var reason: String
  /// What it would be made of now and was not made of before.
  package var changes: [InputChange] = []
}
