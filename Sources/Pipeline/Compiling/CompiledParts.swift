import Booting
import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import GuestConfig
import Linting
import Sandbox
import Store

/// What one architecture's kernel and initrd need a compiler for. What was compiled of the same sources, with
/// the same compiler and options, is taken from the cache.
struct CompiledParts {
  var target: BuildTarget

  /// Objects of the store.
  struct Objects {
    var kernel: Digest?
    var runAgent: Digest?
  }

  /// Of an earlier build: the digest of a kernel, or of the initrd's program.
  static func object(_ part: AssetPart, _ identity: Digest, in store: Store) throws -> Digest? {
    try store.record(kind(of: part), identity.hex).flatMap {
      Digest(hex: String(decoding: $0, as: UTF8.self))
    }
  }

  private static func kind(of part: AssetPart) -> String { part == .kernel ? "kernels" : "programs" }

  /// `identity` is that of the kernel's inputs; nil to compile none.
  func objects(kernel identity: Digest?, runAgent: Bool) throws -> Objects {
    guard
      let root = target.lock.buildRoots.first(where: { $0.builder == "\(target.context.debianArchitecture)" })
    else { throw Report("internal error: the lock names nothing to compile with") }
    let program = try ProgramRecipe.runAgent(for: target.architecture, of: target.configuration)
    let programIdentity = PartInputs.identity(of: program, in: root)
    // Of two builds that need the same, one compiles.
    let turn = try target.builder.store.lock(identity ?? programIdentity)
    defer { withExtendedLifetime(turn) {} }
    var objects = Objects()
    objects.kernel = try identity.flatMap { try known(.kernel, $0) }
    if runAgent { objects.runAgent = try known(.initrd, programIdentity) }
    let recipe = identity != nil && objects.kernel == nil ? try self.recipe : nil
    let isMissing = runAgent && objects.runAgent == nil
    if let recipe { target.builder.events(.note("\(recipe.name): compiling \(recipe.source.title)")) }
    if recipe == nil && !isMissing { return objects }
    let made = try compile(recipe, isMissing ? program : nil, in: root)
    if let kernel = made[CompileRun.kernel], let identity {
      objects.kernel = try keep(kernel, .kernel, identity)
    }
    if let agent = made[program.name] {
      objects.runAgent = try keep(agent, .initrd, programIdentity)
    }
    return objects
  }

  /// What the kernel of this architecture is made of.
  private var recipe: KernelRecipe {
    get throws {
      guard let locked = target.locked?.kernel,
        let defconfig = ReferredFiles.defconfig(of: target.architecture, in: target.configuration)
      else { throw Report("internal error: the lock names no kernel of \(target.name)") }
      return KernelRecipe(
        name: target.name, architecture: try target.configuration.debianArchitecture(of: target.architecture),
        source: locked, expectedVersion: target.configuration.expectedKernelVersion(of: target.architecture),
        image: target.architecture.kernelImage, defconfig: defconfig,
        defconfigPath: target.configuration.defconfigPath(of: target.architecture) ?? "",
        date: target.request.sourceDate)
    }
  }

  /// Compiles in a worker; returns temporary files by the artifacts' names.
  private func compile(
    _ kernel: KernelRecipe?, _ program: ProgramRecipe?, in root: LockedBuildRoot
  ) throws -> [String: String] {
    let run = target.run(log: "\(target.name)-kernel")
    let job = CompileJob(
      root: root, sourceDate: target.lock.date, threads: target.context.processors, kernel: kernel,
      program: program
    )
    let objects =
      root.packages.map(LockedObject.init) + (kernel.map { [LockedObject($0.source.source)] } ?? [])
    let directory = "\(target.context.cacheDirectory)/partial"
    let made = PendingFiles(in: directory)
    let pool = try target.sources.pool(of: objects, events: run.events)
    let result = try run.carryOut(.compile(job), pool: pool) { try made.create($0) }
    if let compiled = result.kernel {
      let options = try target.builder.store.insert(Array(compiled.configuration.utf8))
      target.builder.events(
        .note("\(target.name): Linux \(compiled.version), configuration \(options)"))
    }
    return made.release()
  }

  private func known(_ part: AssetPart, _ identity: Digest) throws -> Digest? {
    guard let digest = try CompiledParts.object(part, identity, in: target.builder.store),
      try target.builder.store.open(digest, verifying: true) != nil
    else { return nil }
    return digest
  }

  private func keep(_ path: String, _ part: AssetPart, _ identity: Digest) throws -> Digest {
    let file = try Descriptor(opening: path, O_RDONLY)
    let digest = try Digest(ofFile: file.raw, named: path)
    try target.builder.store.publish(path, as: digest, size: fileSize(file.raw, named: path))
    try target.builder.store.setRecord(CompiledParts.kind(of: part), identity.hex, to: Array(digest.hex.utf8))
    return digest
  }
}

extension ProgramRecipe {
  /// What `run` talks to in the guest.
  static func runAgent(for architecture: GuestArchitecture, of configuration: GuestConfiguration) throws
    -> ProgramRecipe
  {
    ProgramRecipe(
      name: RunAgent.name, architecture: try configuration.debianArchitecture(of: architecture),
      source: RunAgent.source, arguments: RunAgent.compilerArguments)
  }
}

extension LockedKernel {
  /// "linux-source-6.12 6.12.117-1", "linux-6.12.9.tar.xz"
  var title: String {
    switch source {
    case .package(let package): "\(package.name) \(package.version)"
    case .file(let file): file.name
    }
  }
}

extension GuestConfiguration {
  /// What the source's version has to be; nil where the config leaves it open.
  func expectedKernelVersion(of architecture: GuestArchitecture) -> String? {
    if let version = build.kernel.version?.value { return version }
    return architecture.kernelBranch == "auto" ? nil : architecture.kernelBranch
  }
}
