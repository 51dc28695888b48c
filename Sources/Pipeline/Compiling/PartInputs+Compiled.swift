import Booting
import BuildModel
import FileTree
import GuestConfig
import Linting

extension PartInputs {
  /// Of a part that needs a compiler, on a machine of this architecture. Without a lock, the statements that
  /// only it makes are missing.
  static func compiled(
    _ part: AssetPart, _ architecture: GuestArchitecture, of configuration: GuestConfiguration,
    lock: Lockfile?, builder: DebianArchitecture, sourceDate: Int64?
  ) throws -> PartInputs {
    let locked = lock?.architectures.first { $0.name == architecture.name }
    let root = lock?.buildRoots.first { $0.builder == builder.rawValue }
    let compilers = root.map(statements(of:)) ?? []
    switch part {
    case .kernel:
      return kernel(architecture, of: configuration, locked?.kernel, compilers, sourceDate: sourceDate)
    case .initrd:
      let path = GuestDirectory(configuration: configuration).initScript
      let date = (sourceDate ?? lock?.date).map { ["date \($0)"] } ?? []
      return PartInputs([
        StageInputs(
          "initrd", version: 1,
          locked: date + (locked?.busybox.map { [$0.statement] } ?? []) + compilers,
          configured: Outputs.text(of: path).map { ["file capsem-init \(Digest(of: $0))"] } ?? []
            + ["program \(RunAgent.name) \(Digest(of: RunAgent.source))"])
      ])
    case .rootfs: preconditionFailure("the root image is not compiled")
    }
  }

  /// Its source and its options, whatever their order and the comments between them.
  private static func kernel(
    _ architecture: GuestArchitecture, of configuration: GuestConfiguration, _ locked: LockedKernel?,
    _ compilers: [String], sourceDate: Int64?
  ) -> PartInputs {
    let defconfig = ReferredFiles.defconfig(of: architecture, in: configuration)
    let options = defconfig.map { Defconfig($0).settings.sorted { $0.key < $1.key } } ?? []
    return PartInputs([
      StageInputs(
        "kernel", version: 1, locked: (locked.map { [$0.statement] } ?? []) + compilers,
        configured: ConfigurationIdentity(compiling: architecture, of: configuration).statements
          + (sourceDate.map { ["date \($0)"] } ?? [])
          + options.map { "option \($0.key) \($0.value.value)" })
    ])
  }

  /// Of a program that is compiled in a build root.
  static func identity(of program: ProgramRecipe, in root: LockedBuildRoot) -> Digest {
    let statements =
      ["program \(program.name) \(program.architecture) \(Digest(of: program.source))"]
      + program.arguments.map { "argument \($0)" }
    let stage = StageInputs(
      "program", version: 1, locked: PartInputs.statements(of: root), configured: statements)
    return PartInputs([stage]).identities[0]
  }

  private static func statements(of root: LockedBuildRoot) -> [String] {
    ["builder \(root.builder)"] + root.packages.sorted { $0.order < $1.order }.map(\.statement)
  }
}

extension LockedKernel {
  fileprivate var statement: String {
    switch source {
    case .package(let package): "source \(package.name) \(package.version) \(package.sha256)"
    case .file(let file): "source \(file.name) \(file.sha256)"
    }
  }
}
