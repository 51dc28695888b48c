import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Imaging

extension PartInputs {
  /// Raised when a stage's result changes for the same input.
  private static let versions: [Stage: Int] = [
    .stage: 1, .configure: 1, .install: 1, .seal: 1, .image: ImageLayout.version, .compress: 1, .manifest: 1,
  ]

  private static func inputs(_ stage: Stage, locked: [String] = [], configured: [String]) -> StageInputs {
    StageInputs(stage.rawValue, version: versions[stage] ?? 1, locked: locked, configured: configured)
  }

  /// Of the root image. Without a lock, the statements that only it makes are missing.
  static func rootfs(
    _ architecture: GuestArchitecture, of configuration: GuestConfiguration, installation: Installation,
    lock: Lockfile?, sourceDate: Int64?
  ) throws -> PartInputs {
    let locked = lock?.architectures.first { $0.name == architecture.name }
    let packages = (locked?.packages ?? []).sorted { $0.order < $1.order }
    let date = (sourceDate ?? lock?.date).map { ["date \($0)"] } ?? []
    let steps = (locked?.configureSteps ?? []).map {
      "step \($0.before) \($0.packages.joined(separator: " "))"
    }
    let lists =
      (lock?.releases ?? []).map(\.statement) + (locked?.indexes ?? []).map(\.statement)
    let publishing = ConfigurationIdentity(publishing: configuration).statements
    return PartInputs([
      inputs(.stage, locked: packages.map(\.statement), configured: []),
      inputs(
        .configure, locked: date + steps,
        configured: try ConfigurationIdentity(configuring: architecture, of: configuration).statements),
      inputs(
        .install,
        locked: (locked?.wheels ?? []).map(\.statement) + (locked?.npm ?? []).map(\.statement)
          + (locked?.files ?? []).map(\.statement),
        configured: ConfigurationIdentity(installing: architecture, of: configuration).statements
          + installation.statements),
      inputs(.seal, locked: lists, configured: ["hostname \(installation.hostname)"]),
      inputs(.image, configured: ConfigurationIdentity(imaging: configuration).statements),
      inputs(.compress, configured: ConfigurationIdentity(compressing: configuration).statements),
      inputs(
        .manifest,
        configured: publishing + ConfigurationIdentity(askingVersionsOf: configuration).statements),
    ])
  }
}

extension LockedPackage {
  var statement: String {
    "package \(name):\(architecture) \(version) \(sha256)" + (essential ? " essential" : "")
  }
}

extension LockedWheel {
  var statement: String {
    "wheel \(environment)/\(name) \(version) \(sha256)" + (requested ? " requested" : "")
  }
}

extension LockedNpmPackage {
  fileprivate var statement: String { "npm \(place) \(version) \(sha256)" + (requested ? " requested" : "") }
}

extension LockedFile {
  var statement: String { "fetched \(owner)/\(name) \(sha256)" }
}

extension LockedRelease {
  fileprivate var statement: String { "release \(suite) \(imageURI ?? "local") \(inRelease)" }
}

extension LockedIndex {
  fileprivate var statement: String { "index \(release)/\(path) \(sha256)" }
}

extension Installation {
  /// The guest's own files.
  fileprivate var statements: [String] {
    files.map(\.statement) + (certificate.map { ["certificate capsem-ca.crt \($0)"] } ?? [])
  }
}

extension PlacedFile {
  var statement: String {
    switch content {
    case .object(let digest): "file \(path) \(String(mode, radix: 8)) \(digest)"
    case .link(let target): "link \(path) \(target)"
    }
  }
}

extension GuestConfiguration {
  /// The files of a finished root image's build, below OUTPUT/ARCH.
  var assetFiles: [String] {
    ["rootfs.ext4"] + (build.image.compress == .zstd ? ["rootfs.ext4.zst"] : [])
      + (build.image.publishAs.map { [$0] } ?? [])
      + (VersionCommands(self).isEmpty ? [] : ["tool-versions.txt"])
  }
}
