import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Installing

/// The identities of the states of a root image's tree that are kept, and of what was learnt of them.
struct LayerIdentities: Sendable {
  /// Debian's packages, configured.
  var configured: Digest
  /// Everything but the guest's own files, sealed.
  var sealed: Digest
  /// What `tool-versions.txt` says of the sealed tree with the guest's own files.
  var versions: Digest
  /// Of sealed trees that differ by wheels of Python environments only; nil where programs run while the
  /// tree is installed, which may see other wheels.
  var family: Digest?
  /// Those wheels, as statements, sorted.
  var wheels: [String]

  /// `program` is this program: another one may build otherwise. `configuration` and `lock` are those of
  /// `architecture`, and the installation is with the guest's own files.
  init(
    program: Digest, architecture: GuestArchitecture, of configuration: GuestConfiguration,
    installation: Installation, lock: Lockfile, sourceDate: Int64?
  ) throws {
    func identity(_ lines: [String]) -> Digest {
      Digest(of: (["layer 1", "program \(program)"] + lines).joined(separator: "\n"))
    }
    let inputs = try PartInputs.rootfs(
      architecture, of: configuration, installation: installation.withoutOwnFiles, lock: lock,
      sourceDate: sourceDate)
    configured = identity([try LayerIdentities.identity(of: .configure, in: inputs).hex])
    sealed = identity([try LayerIdentities.identity(of: .seal, in: inputs).hex])
    // Nothing that a command runs reads what is shown at a login.
    let programs = installation.ownFiles.filter { !$0.path.hasPrefix("/etc/") }
    versions = identity(
      ["versions", sealed.hex] + programs.map(\.statement)
        + ConfigurationIdentity(askingVersionsOf: configuration).statements)

    let locked = lock.architectures.first { $0.name == architecture.name }
    let isPure =
      locked.map { locked in
        locked.files.isEmpty && installation.npmScripts.isEmpty && !locked.wheels.contains(where: \.isSource)
      } ?? false
    var rest = inputs
    wheels = []
    for index in rest.stages.indices where rest.stages[index].name == Stage.install.rawValue {
      wheels = rest.stages[index].locked.filter(LayerIdentities.isWheel).sorted()
      rest.stages[index].locked.removeAll(where: LayerIdentities.isWheel)
      // What was asked for shows in the wheels that were locked.
      rest.stages[index].configured.removeAll { line in
        ["python ", "provider-package "].contains(where: line.hasPrefix)
      }
    }
    family = isPure ? identity(["family", try LayerIdentities.identity(of: .seal, in: rest).hex]) : nil
  }

  private static func identity(of stage: Stage, in inputs: PartInputs) throws -> Digest {
    guard let index = inputs.stages.firstIndex(where: { $0.name == stage.rawValue }) else {
      throw Report("internal error: a root image has no stage \(stage.rawValue)")
    }
    return inputs.identities[index]
  }

  private static func isWheel(_ statement: String) -> Bool {
    statement.hasPrefix("wheel python/") || statement.hasPrefix("wheel provider:")
  }
}

/// The kept state that a build begins with.
enum LayerBase: Codable, Sendable, Equatable {
  case configured
  /// A sealed tree that lacks these wheels, as statements.
  case lacking([String])
  case sealed

  /// What is not done again.
  var reused: [Stage] {
    switch self {
    case .configured, .lacking: [.stage, .configure]
    case .sealed: [.stage, .configure, .seal]
    }
  }

  /// What a build that begins with it takes from outside.
  func needs(_ digest: Digest, of lock: LockedArchitecture) -> Bool {
    switch self {
    case .sealed: return false
    case .configured: return !lock.packages.contains { $0.sha256 == digest }
    case .lacking(let wheels):
      if lock.packages.contains(where: { $0.sha256 == digest }) { return false }
      guard let wheel = lock.wheels.first(where: { $0.sha256 == digest }) else {
        return !lock.npm.contains { $0.sha256 == digest }
      }
      return wheels.contains(wheel.statement)
    }
  }
}
