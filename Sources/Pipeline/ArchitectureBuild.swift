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

  func run() throws -> BuiltImage {
    guard let locked = lock.architectures.first(where: { $0.name == architecture.name }) else {
      throw Report("cannot build \(architecture.name): the lock does not cover it")
    }
    let date = request.sourceDate ?? lock.date
    let log = BuildLog(path: "\(context.cacheDirectory)/logs/\(architecture.name).log")
    let events: EventHandler = { [events = builder.events] event in
      log.take(event)
      events(event)
    }
    let installation = try GuestInstallation(configuration: configuration, store: builder.store)
      .installation(for: architecture, goal: request.goal)
    let inputs = try PartInputs.rootfs(
      architecture, of: configuration, installation: installation, lock: lock,
      sourceDate: request.sourceDate)
    // Before anything is found unchanged: what a lock names, a person may have replaced.
    try GuestWheels(directory: configuration.directory, store: builder.store)
      .check(lock.objects(of: locked) { _ in false })
    if let image = try unchanged(inputs) { return image }
    let pool = try pool(locked, installation, events)
    defer { pool.cancel() }
    let fetches = pool.missingBytes > 0
    if fetches { events(.started(.fetch)) }
    pool.start()

    let workspace = try Workspace(
      cache: context.cacheDirectory, tier: tier, executable: context.executable, ids: ids)
    let session = WorkerSession(
      objects: { [lock] digest in
        do { return try pool.wait(for: digest) } catch {
          throw lock.explained(error, about: digest)
        }
      },
      artifacts: { [outputs, architecture] name in try outputs.create(architecture.name, name) },
      emulator: { try execution.emulator() },
      giveUp: { pool.cancel() },
      events: events, cancellation: builder.cancellation)
    let job = BuildJob(
      goal: request.goal, lock: locked, releases: lock.releases, sourceDate: date,
      threads: request.surroundings.threads ?? context.processors,
      installation: installation, image: configuration.build.image, versions: VersionCommands(configuration),
      emulated: execution.emulated, surroundings: request.surroundings)
    let result: WorkerResult
    do {
      result = try session.run(
        .build(job), workspace: workspace.stage.raw, tier: execution.tier(tier),
        executable: context.executable, ids: ids)
    } catch {
      outputs.discard()
      let kept = try dispose(workspace, failed: true, of: execution)
      throw explained(error, log: log, kept: kept)
    }
    if fetches { events(.finished(.fetch, reused: false)) }
    _ = try dispose(workspace, failed: false, of: execution)
    return try finish(result, inputs: inputs, events: events)
  }

  /// The image that is there, if what it was made of is what it would be made of now.
  private func unchanged(_ inputs: PartInputs) throws -> BuiltImage? {
    let name = architecture.name
    guard request.goal == .sealed, let record = BuildRecord(output: request.output, architecture: name),
      record.parts[.rootfs] == inputs, try record.program == context.program,
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

  /// Removes the workspace, or keeps it when that was asked for; then returns where it is.
  private func dispose(_ workspace: consuming Workspace, failed: Bool, of execution: Execution) throws
    -> String?
  {
    if failed && request.keep && !builder.cancellation.isCancelled {
      let directory = workspace.directory
      try workspace.keep(emulated: execution.emulated)
      return directory
    }
    try workspace.remove(tier: tier, executable: context.executable, ids: ids)
    return nil
  }

  private func explained(_ error: any Error, log: BuildLog, kept: String?) -> any Error {
    if builder.cancellation.isCancelled || error is Interrupted { return Interrupted() }
    var report = Report(of: error)
    if log.isUsed { report.log = log.path }
    if let kept {
      report.hints.removeAll { $0.contains("--keep") }
      report.hints.append("look around in the failed tree: capsem-native shell \(kept)")
    }
    return report
  }

  private func finish(
    _ result: WorkerResult, inputs: PartInputs, events: @escaping EventHandler
  ) throws -> BuiltImage {
    let name = architecture.name
    guard let image = outputs.pendingPath(name, "rootfs.ext4") else {
      throw Report("internal error: the worker wrote no image")
    }
    let file = try Descriptor(opening: image, O_RDONLY)
    let size = try fileSize(file.raw, named: image)
    if request.goal == .sealed {
      if configuration.build.image.compress == .zstd { try compress(image, events) }
      if let text = result.toolVersions { try outputs.write(text, name, "tool-versions.txt") }
      if let second = configuration.build.image.publishAs {
        try outputs.link(name, "rootfs.ext4", as: second)
      }
      let record = BuildRecord(
        architecture: name, program: try context.program, lockDate: lock.date, tier: tier.rawValue,
        tree: result.tree, size: size,
        files: configuration.assetFiles,
        resolution: try ConfigurationIdentity(resolving: configuration).statements, parts: [.rootfs: inputs],
        settings: Digest(of: SettingsDocument(configuration).text), ledger: builder.ledger())
      try outputs.write(record.text, name, Outputs.report)
    }
    return BuiltImage(
      architecture: name, image: "\(request.output)/\(name)/rootfs.ext4", size: size, tree: result.tree,
      peakMemory: result.peakMemory, probes: result.probes)
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

  /// Every object that the worker may ask for.
  private func pool(
    _ locked: LockedArchitecture, _ installation: Installation, _ events: @escaping EventHandler
  ) throws -> PackagePool {
    let objects = lock.objects(of: locked) { release in
      request.goal == .sealed && (release.imageURI != nil || installation.imageSources != nil)
    }
    let sources = ObjectSources(
      builder: builder, configuration: configuration, lock: lock, mirror: request.mirror,
      offline: request.offline)
    // What comes from the guest directory is in the store already.
    let items =
      try sources.items(objects) + GuestInstallation.objects(of: installation, store: builder.store)
    return try PackagePool(
      items, store: builder.store,
      downloader: builder.downloader(offline: request.offline, mirror: request.mirror),
      events: events, search: sources.search(for: objects))
  }
}

/// The output of everything that ran inside an image, line by line, in one file of the cache.
final class BuildLog: Sendable {
  let path: String
  private let state: Mutex<Descriptor?>
  private let used = Mutex(false)

  /// A log that cannot be written is no reason not to build.
  init(path: String) {
    self.path = path
    var file: Descriptor?
    if let slash = path.lastIndex(of: "/"), (try? Workspace.makeDirectories(String(path[..<slash]))) != nil {
      file = try? Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
    }
    state = Mutex(file)
  }

  var isUsed: Bool { used.withLock { $0 } }

  func take(_ event: BuildEvent) {
    guard case .output(_, let line) = event else { return }
    used.withLock { $0 = true }
    let bytes = Array((line + "\n").utf8)
    state.withLock { file in
      guard let raw = file?.raw else { return }
      _ = bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
    }
  }
}
