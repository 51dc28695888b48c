import BuildModel
import Compression
import Diagnosis
import Fetching
import FileTree
import Glibc
import GuestConfig
import Sandbox
import Settings
import Threads

/// The build of one architecture's assets: downloads outside, everything else in a worker.
struct ArchitectureBuild {
  var target: BuildTarget
  var outputs: Outputs

  /// The image, and what is to be remembered of its build: nil when nothing had to be done.
  func run() throws -> (image: BuiltImage, record: BuildRecord?) {
    guard let locked = target.locked else {
      throw Report("cannot build \(target.name): the lock does not cover it")
    }
    let installation = try GuestInstallation(configuration: target.configuration, store: target.builder.store)
      .installation(for: target.architecture, goal: target.request.goal)
    let inputs = try PartInputs.rootfs(
      target.architecture, of: target.configuration, installation: installation, lock: target.lock,
      sourceDate: target.request.sourceDate)
    // Before anything is found unchanged: what a lock names, a person may have replaced.
    try GuestWheels(directory: target.configuration.directory, store: target.builder.store)
      .check(target.lock.objects(of: locked) { _ in false })
    if let image = try unchanged(inputs) { return (image, nil) }
    // Before anything is fetched.
    let execution = try Execution(
      of: target.architecture, in: target.configuration, until: target.request.goal, on: target.context)
    let job = BuildJob(
      goal: target.request.goal, lock: locked, releases: target.lock.releases, sourceDate: target.date,
      threads: target.request.surroundings.threads ?? target.context.processors,
      memory: try memory(for: locked),
      installation: installation, image: target.configuration.build.image,
      versions: VersionCommands(target.configuration),
      emulated: execution.emulated, surroundings: target.request.surroundings)
    let run = target.run(execution, log: target.name)
    do {
      guard let layers = try layers(installation) else {
        let result = try run.carryOut(.build(job), pool: pool(locked, installation, nil, run.events)) {
          [outputs, name = target.name] in try outputs.create(name, $0)
        }
        return try finish(result, inputs: inputs, events: run.events)
      }
      let build = LayeredBuild(architecture: self, layers: layers, run: run, job: job)
      let result = try build.result { base in try pool(locked, installation, base, run.events) }
      return try finish(result, inputs: inputs, events: run.events)
    } catch {
      outputs.discard()
      throw error
    }
  }

  /// Nil for a build that shows on what it does not depend, and for states that go no further: they are
  /// made from nothing.
  private func layers(_ installation: Installation) throws -> KeptLayers? {
    guard target.request.goal == .sealed, target.request.surroundings == Surroundings() else { return nil }
    let identities = try LayerIdentities(
      program: target.builder.program, architecture: target.architecture, of: target.configuration,
      installation: installation,
      lock: target.lock, sourceDate: target.request.sourceDate)
    return KeptLayers(
      store: target.builder.store, identities: identities, threads: target.context.processors,
      events: target.builder.events)
  }

  /// A tree that is to be kept has to outlive the worker, and with it every file system in memory.
  private func memory(for locked: LockedArchitecture) throws -> Int64? {
    if target.request.surroundings.isPlain || target.request.surroundings.memory != nil {
      return target.request.surroundings.memory
    }
    return target.request.keep ? nil : StagingMemory(of: target.context).room(for: locked)
  }

  /// The image that is there, if what it was made of is what it would be made of now.
  private func unchanged(_ inputs: PartInputs) throws -> BuiltImage? {
    let name = target.name
    guard target.request.goal == .sealed,
      let record = BuildRecord(output: target.request.output, architecture: name),
      record.parts[.rootfs] == inputs, try record.program == target.builder.program,
      try outputs.published.areIntact(record.files, of: name)
    else { return nil }
    for stage in inputs.stages.compactMap({ Stage(rawValue: $0.name) }) where stage != .manifest {
      target.builder.events(.finished(stage, reused: true))
    }
    target.builder.events(.note("\(name): nothing has changed since the last build"))
    return BuiltImage(
      architecture: name, image: "\(target.request.output)/\(name)/rootfs.ext4", size: record.size,
      tree: record.tree, peakMemory: 0)
  }

  private func finish(
    _ result: WorkerResult, inputs: PartInputs, events: @escaping EventHandler
  ) throws -> (BuiltImage, BuildRecord?) {
    let name = target.name
    guard let image = outputs.pendingPath(name, "rootfs.ext4") else {
      throw Report("internal error: the worker wrote no image")
    }
    let file = try Descriptor(opening: image, O_RDONLY)
    let size = try fileSize(file.raw, named: image)
    var record: BuildRecord?
    if target.request.goal == .sealed {
      if target.configuration.build.image.compress == .zstd { try compress(image, events) }
      if let text = result.toolVersions { try outputs.write(text, name, "tool-versions.txt") }
      if let second = target.configuration.build.image.publishAs {
        try outputs.link(name, "rootfs.ext4", as: second)
      }
      record = BuildRecord(
        architecture: name, program: try target.builder.program, lockDate: target.lock.date,
        tier: target.builder.privilege.used?.rawValue,
        tree: result.tree, size: size,
        files: target.configuration.assetFiles,
        resolution: try ConfigurationIdentity(resolving: target.configuration).statements,
        parts: [.rootfs: inputs],
        settings: Digest(of: SettingsDocument(target.configuration).text))
    }
    let built = BuiltImage(
      architecture: name, image: "\(target.request.output)/\(name)/rootfs.ext4", size: size,
      tree: result.tree,
      peakMemory: result.peakMemory, probes: result.probes)
    return (built, record)
  }

  private func compress(_ image: String, _ events: @escaping EventHandler) throws {
    events(.started(.compress))
    let source = try Descriptor(opening: image, O_RDONLY)
    let copy = try outputs.create(target.name, "rootfs.ext4.zst")
    let total = try fileSize(source.raw, named: image)
    try TransportCopy.write(
      from: source.raw, to: copy.raw, level: target.configuration.build.compressionLevel,
      threads: target.context.processors
    ) { [cancellation = target.builder.cancellation] done in
      if cancellation.isCancelled { throw Interrupted() }
      events(.advanced(.compress, done: done, total: total, unit: .bytes))
    }
    events(.finished(.compress, reused: false))
  }

  /// Every object that the worker may ask for, when it begins with `base`.
  private func pool(
    _ locked: LockedArchitecture, _ installation: Installation, _ base: LayerBase?,
    _ events: @escaping EventHandler
  ) throws -> PackagePool {
    let objects = target.lock.objects(of: locked) { release in
      target.request.goal == .sealed && (release.imageURI != nil || installation.imageSources != nil)
    }.filter { base?.needs($0.sha256, of: locked) ?? true }
    // What comes from the guest directory is in the store already.
    return try target.sources.pool(
      of: objects, and: GuestInstallation.objects(of: installation, store: target.builder.store),
      events: events)
  }
}
