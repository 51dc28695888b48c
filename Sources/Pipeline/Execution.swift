import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig
import HostTools
import Sandbox

/// How the programs of an image run on this host.
enum Execution: Equatable, Sendable {
  /// By the processor.
  case native
  /// By whatever the host has registered for them in its binfmt_misc.
  case registeredByHost
  /// By the emulator at this path, which the worker registers in a user namespace of its own.
  case emulated(Machine, by: String)

  /// Of one architecture of the config. Unpacking alone runs no program of the image.
  init(
    of architecture: GuestArchitecture, in configuration: GuestConfiguration, until goal: BuildGoal,
    on context: HostContext
  ) throws {
    let machine = try configuration.debianArchitecture(of: architecture).machine
    self = goal == .staged ? .native : try context.emulators.execution(of: machine)
  }

  /// What the worker is to register.
  var emulated: Machine? {
    if case .emulated(let machine, _) = self { return machine }
    return nil
  }

  /// Root, too, needs a namespace to register something in: the initial one's formats are the host's.
  func tier(_ tier: Tier) -> Tier { emulated != nil && tier == .root ? .namespacedRoot : tier }

  /// Lends the emulator to the worker.
  func emulator() throws -> Descriptor {
    guard case .emulated(_, let path) = self else {
      throw Report("cannot lend an emulator: none is needed")
    }
    return try Descriptor(opening: path, O_RDONLY)
  }
}

/// What a host has for programs of another machine than its own.
struct Emulators: Sendable, Equatable {
  /// uname(2)'s release.
  var kernel: String
  /// Of QEMU's user mode, by the machine that it emulates.
  var paths: [Machine: String]
  /// The entries of the host's binfmt_misc, as it shows them.
  var entries: [String]

  /// The first Linux with a binfmt_misc for each user namespace.
  private static let sandboxed = (major: 6, minor: 7)

  static func tool(for machine: Machine) -> HostTool {
    HostTool("qemu-\(machine.rawValue)-static", package: "qemu-user-static")
  }

  /// The emulator that is registered nowhere comes first: what it does depends on nobody's settings.
  func execution(of machine: Machine, host: Machine = .host) throws(Report) -> Execution {
    if machine == host { return .native }
    let path = paths[machine]
    if hasSandboxedFormats, let path { return .emulated(machine, by: path) }
    if entries.contains(where: { EmulatorRegistration.serves(machine, entry: $0) }) {
      return .registeredByHost
    }
    let tool = Emulators.tool(for: machine)
    var causes = [
      "the host's binfmt_misc has no entry for \(machine.rawValue) that works in any tree (flag F)"
    ]
    var hint = "sudo apt-get install \(tool.package)"
    if path == nil { causes.insert("\(tool.name) is not installed", at: 0) }
    if !hasSandboxedFormats {
      let (major, minor) = Emulators.sandboxed
      causes.insert(
        "Linux \(kernel) has no binfmt_misc for user namespaces: \(major).\(minor) is the first", at: 0)
      hint += " binfmt-support"
    }
    throw Report(
      "cannot run programs for \(machine.rawValue): this host has no emulator for them",
      causes: causes, hints: [hint])
  }

  private var hasSandboxedFormats: Bool {
    let numbers = kernel.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
    let least = Emulators.sandboxed
    return numbers.count == 2 && (numbers[0], numbers[1]) >= (least.major, least.minor)
  }
}

extension DebianArchitecture {
  var machine: Machine {
    switch self {
    case .amd64: .x86_64
    case .arm64: .aarch64
    }
  }
}

extension HostContext {
  var emulators: Emulators {
    let paths = Machine.allCases.compactMap { machine in
      Emulators.tool(for: machine).path.map { (machine, $0) }
    }
    return Emulators(
      kernel: HostContext.kernelRelease, paths: Dictionary(uniqueKeysWithValues: paths),
      entries: formats.compactMap(kernelText))
  }

  /// Files of the host's binfmt_misc; none where it is not mounted.
  private var formats: [String] {
    let directory = "/proc/sys/fs/binfmt_misc"
    guard let raw = try? Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).release(),
      let names = try? directoryNames(raw, named: directory)
    else { return [] }
    return names.map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "register" && $0 != "status" }
      .sorted().map { "\(directory)/\($0)" }
  }

  /// uname(2)'s: "6.1.0-28-amd64".
  static var kernelRelease: String {
    var names = utsname()
    uname(&names)
    return withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
