import BuildModel
import Compression
import Diagnosis
import Fetching
import FileTree
import Glibc
import Threads
import GuestConfig
import Sandbox
import Settings
import Synchronization
import Transfer

/// The build of one architecture's assets: downloads outside, everything else in a worker.
struct ArchitectureBuild {
  var builder: ImageBuilder
  var request: BuildRequest
  var configuration: GuestConfiguration
  var architecture: GuestArchitecture
  var lock: Lockfile
  var ids: SubordinateIDs?
  var outputs: Outputs

  private var context: HostContext { builder.context }
  private var tier: Tier { context.isRoot ? .root : .subuid }

  /// The image, and what is to be remembered of its build: nil when nothing had to be done.
  func run() throws -> (image: BuiltImage, record: BuildRecord?) {
    guard let locked = lock.architectures.first(where: { $0.name == architecture.name }) else {
      throw Report("cannot build \(architecture.name): the lock does not cover it")
    }
    let date = request.sourceDate ?? lock.date
    let installation = try GuestInstallation(configuration: configuration, store: builder.store)
      .installation(for: architecture, goal: request.goal)
    let inputs = try PartInputs.rootfs(
      architecture, of: configuration, installation: installation, lock: lock,
      sourceDate: request.sourceDate)
    // Before anything is found unchanged: what a lock names, a person may have replaced.
    try GuestWheels(directory: configuration.directory, store: builder.store)
      .check(lock.objects(of: locked) { _ in false })
    if let image = try unchanged(inputs) { return (image, nil) }
    // Before anything is fetched.
    let execution = try Execution(of: architecture, in: configuration, until: request.goal, on: context)
    let job = BuildJob(
      goal: request.goal, lock: locked, releases: lock.releases, sourceDate: date,
      threads: request.surroundings.threads ?? context.processors,
      installation: installation, image: configuration.build.image, versions: VersionCommands(configuration),
      emulated: execution.emulated, surroundings: request.surroundings)
    let run = PooledRun(
      builder: builder, request: request, lock: lock, ids: ids, execution: execution, name: architecture.name)
    do {
      guard let layers = try layers(installation) else {
        let result = try run.carryOut(.build(job), pool: pool(locked, installation, nil, run.events)) {
          [outputs, architecture] in try outputs.create(architecture.name, $0)
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
    guard request.goal == .sealed, request.surroundings == Surroundings() else { return nil }
    let identities = try LayerIdentities(
      program: builder.program, architecture: architecture, of: configuration, installation: installation,
      lock: lock, sourceDate: request.sourceDate)
    return KeptLayers(
      store: builder.store, identities: identities, threads: context.processors, events: builder.events)
  }

  /// The image that is there, if what it was made of is what it would be made of now.
  private func unchanged(_ inputs: PartInputs) throws -> BuiltImage? {
    let name = architecture.name
    guard request.goal == .sealed, let record = BuildRecord(output: request.output, architecture: name),
      record.parts[.rootfs] == inputs, try record.program == builder.program,
      try outputs.published.areIntact(record.files, of: name)
    else { return nil }
    for stage in inputs.stages.compactMap({ Stage(rawValue: $0.name) }) where stage != .manifest {
      builder.events(.finished(stage, reused: true))
    }
    builder.events(.note("\(name): nothing has changed since the last build"))
    return BuiltImage(
      architecture: name, image: "\(request.output)/\(name)/rootfs.ext4", size: record.size,
      tree: record.tree, peakMemory: 0)
  }

  private func finish(
    _ result: WorkerResult, inputs: PartInputs, events: @escaping EventHandler
  ) throws -> (BuiltImage, BuildRecord?) {
    let name = architecture.name
    guard let image = outputs.pendingPath(name, "rootfs.ext4") else {
      throw Report("internal error: the worker wrote no image")
    }
    let file = try Descriptor(opening: image, O_RDONLY)
    let size = try fileSize(file.raw, named: image)
    var record: BuildRecord?
    if request.goal == .sealed {
      if configuration.build.image.compress == .zstd { try compress(image, events) }
      if let text = result.toolVersions { try outputs.write(text, name, "tool-versions.txt") }
      if let second = configuration.build.image.publishAs {
        try outputs.link(name, "rootfs.ext4", as: second)
      }
      record = BuildRecord(
        architecture: name, program: try builder.program, lockDate: lock.date, tier: tier.rawValue,
        tree: result.tree, size: size,
        files: configuration.assetFiles,
        resolution: try ConfigurationIdentity(resolving: configuration).statements, parts: [.rootfs: inputs],
        settings: Digest(of: SettingsDocument(configuration).text), ledger: builder.ledger())
    }
    let built = BuiltImage(
      architecture: name, image: "\(request.output)/\(name)/rootfs.ext4", size: size, tree: result.tree,
      peakMemory: result.peakMemory, probes: result.probes)
    return (built, record)
  }

  private func compress(_ image: String, _ events: @escaping EventHandler) throws {
    events(.started(.compress))
    let source = try Descriptor(opening: image, O_RDONLY)
    let copy = try outputs.create(architecture.name, "rootfs.ext4.zst")
    let total = try fileSize(source.raw, named: image)
    try TransportCopy.write(
      from: source.raw, to: copy.raw, level: configuration.build.compressionLevel, threads: context.processors
    ) { [cancellation = builder.cancellation] done in
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
    let objects = lock.objects(of: locked) { release in
      request.goal == .sealed && (release.imageURI != nil || installation.imageSources != nil)
    }.filter { base?.needs($0.sha256, of: locked) ?? true }
    let sources = ObjectSources(
      builder: builder, configuration: configuration, lock: lock, mirror: request.mirror,
      offline: request.offline)
    // What comes from the guest directory is in the store already.
    return try sources.pool(
      of: objects, and: GuestInstallation.objects(of: installation, store: builder.store), events: events)
  }
}
