import BuildModel
import Diagnosis
import Fetching
import FileTree
import GuestConfig
import Solver

/// The part of resolving that concerns what is compiled: kernel sources, the initrd's busybox, and the roots
/// in which compilers run.
struct CompilingResolution {
  var debian: DebianResolution
  var files: FileResolution
  var releases: [VerifiedRelease]
  var archives: [DebianArchive]
  var relocking: Relocking
  /// Parts that a lock has to cover. Others are left out, with a warning, where the archives lack what they
  /// are made of.
  var needed: Set<AssetPart>
  var events: EventHandler

  /// Of one architecture, as far as `parts` need it.
  func sources(
    of architecture: GuestArchitecture, in configuration: GuestConfiguration, for parts: Set<AssetPart>
  ) throws -> (kernel: LockedKernel?, busybox: LockedPackage?) {
    var kernel: LockedKernel?
    if parts.contains(.kernel) {
      kernel = try attempt(.kernel, of: architecture) { try self.kernel(of: architecture, in: configuration) }
    }
    var busybox: LockedPackage?
    if parts.contains(.initrd) {
      let name = try configuration.debianArchitecture(of: architecture).rawValue
      let before = relocking.locked(architecture.name)?.busybox
      busybox = try attempt(.initrd, of: architecture) { try package("busybox-static", on: name, before) }
    }
    return (kernel, busybox)
  }

  private func kernel(of architecture: GuestArchitecture, in configuration: GuestConfiguration) throws
    -> LockedKernel
  {
    let name = try configuration.debianArchitecture(of: architecture).rawValue
    let settings = configuration.build.kernel
    if let source = settings.source {
      return LockedKernel(
        branch: KernelBranch.named(by: settings, architecture) ?? "auto",
        source: .file(try files.kernelSource(at: source, settings.sha256)))
    }
    let branch = try self.branch(of: architecture, settings, on: name)
    var before: LockedPackage?
    if case .package(let package) = relocking.locked(architecture.name)?.kernel?.source { before = package }
    return LockedKernel(
      branch: branch, source: .package(try package(CompilingResolution.prefix + branch, on: name, before)))
  }

  /// One package, whatever it depends on.
  private func package(_ name: String, on architecture: String, _ before: LockedPackage?) throws
    -> LockedPackage
  {
    let root = RootRequest(architecture: architecture, names: [name], locked: before.map { [$0] })
    guard let package = try packages(root).packages.first(where: { $0.name == name }) else {
      throw Report("internal error: \(name) is not part of its own solution")
    }
    return package
  }

  private func attempt<Result>(
    _ part: AssetPart, of architecture: GuestArchitecture, _ body: () throws -> Result
  )
    throws -> Result?
  {
    do { return try body() } catch  where !needed.contains(part) && !(error is Interrupted) {
      let report = Report(of: error)
      events(
        .warning(
          Report(
            "the lock names no \(part) of \(architecture.name): \(report.summary)", causes: report.causes,
            hints: report.hints)))
      return nil
    }
  }

  /// One for each machine that may compile, and the version of what resolved them.
  func buildRoots(
    builders: [DebianArchitecture], targets: [DebianArchitecture]
  ) throws -> (roots: [LockedBuildRoot], library: String) {
    var library = ""
    let roots = try builders.compactMap { builder -> LockedBuildRoot? in
      let before = relocking.previous?.buildRoots.first { $0.builder == builder.rawValue }
      let request = RootRequest(
        architecture: builder.rawValue,
        names: LockedBuildRoot.requests(builder: builder, targets: targets), locked: before?.packages)
      let solved: (packages: [LockedPackage], steps: [ConfigureStep], library: String)
      do { solved = try packages(request) } catch let error as SolverError where needed == [.rootfs] {
        events(
          .warning(
            Report(
              "the lock names nothing to compile kernels with on \(builder): \(error.summary)",
              causes: error.causes)))
        return nil
      }
      library = solved.library
      return LockedBuildRoot(
        builder: builder.rawValue, packages: solved.packages, configureSteps: solved.steps)
    }
    return (roots, library)
  }

  private func packages(_ root: RootRequest) throws -> (
    packages: [LockedPackage], steps: [ConfigureStep], library: String
  ) {
    let solution = try debian.solve(root, releases: releases, archives: archives, relocking: relocking)
    return (
      LockedPackage.all(of: solution, requests: root.packages.map(\.name)),
      ConfigureStep.all(of: solution), solution.library
    )
  }

  private static let prefix = "linux-source-"

  /// What the config names, or the newest that the archives have.
  private func branch(
    of architecture: GuestArchitecture, _ settings: KernelSettings, on debianName: String
  ) throws -> String {
    let prefix = CompilingResolution.prefix
    let names = try debian.names(beginning: prefix, in: releases, architecture: debianName)
    let branches = Set(names.map { String($0.dropFirst(prefix.count)) }).compactMap(KernelBranch.init)
    let wanted = KernelBranch.named(by: settings, architecture)
    guard let newest = branches.max(), wanted == nil || branches.contains(where: { $0.text == wanted }) else {
      let place = settings.version?.position ?? architecture.position
      throw Report(
        "cannot lock the kernel of \(architecture.name): no archive has \(prefix)\(wanted ?? "X.Y")",
        causes: branches.isEmpty
          ? [] : ["there is \(branches.sorted().map { prefix + $0.text }.joined(separator: ", "))"],
        hints: [
          "kernel_branch = \"auto\" takes the newest; [build.kernel] source names another (\(place))"
        ])
    }
    return wanted ?? newest.text
  }
}

/// "6.1", in the order of the numbers.
struct KernelBranch: Comparable {
  var text: String
  private var numbers: [Int]

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    numbers = parts.compactMap { Int($0) }
    guard parts.count == 2, numbers.count == 2 else { return nil }
    self.text = text
  }

  /// What the config wants: `build.kernel.version` without a third number, else `kernel_branch`; nil for the
  /// newest.
  static func named(by settings: KernelSettings, _ architecture: GuestArchitecture) -> String? {
    let text = settings.version?.value ?? architecture.kernelBranch
    return text == "auto" ? nil : text.split(separator: ".").prefix(2).joined(separator: ".")
  }

  static func < (a: KernelBranch, b: KernelBranch) -> Bool {
    a.numbers.lexicographicallyPrecedes(b.numbers)
  }
}

extension ConfigureStep {
  static func all(of solution: Solution) -> [ConfigureStep] {
    solution.configureSteps.map { ConfigureStep(before: $0.before, packages: $0.packages) }
  }
}
