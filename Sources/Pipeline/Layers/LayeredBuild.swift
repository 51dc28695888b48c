import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import Imaging
import Layers
import Store
import Synchronization
import Threads

/// The build of a root image from the farthest state that the cache has, which leaves its own states there.
struct LayeredBuild {
  var architecture: ArchitectureBuild
  var layers: KeptLayers
  var run: PooledRun
  var job: BuildJob

  private var builder: ImageBuilder { architecture.target.builder }
  private var name: String { architecture.target.name }
  private var outputs: Outputs { architecture.outputs }
  private static let image = "rootfs.ext4"

  /// `pool` makes the pool of what a worker asks for that begins with a state.
  func result(pool: (LayerBase?) throws -> PackagePool) throws -> WorkerResult {
    // Of two builds that need the same, one builds.
    let turn = try turn()
    defer { withExtendedLifetime(turn) {} }
    let result = try built(pool)
    try layers.store.trimLayers(to: Cache.layerLimit)
    return result
  }

  private func built(_ pool: (LayerBase?) throws -> PackagePool) throws -> WorkerResult {
    guard let (base, held) = try layers.base() else { return try work(from: nil, held: nil, pool) }
    if base == .sealed, let result = try assembled(held) { return result }
    do {
      return try work(from: base, held: held, pool)
    } catch {
      // What cannot be added to a finished tree, a build of the whole tree may explain.
      guard case .lacking = base, !builder.cancellation.isCancelled else { throw error }
      outputs.discard()
      builder.events(.note("\(name): building anew what cannot be added to the last build's tree"))
      return try work(from: nil, held: nil, pool)
    }
  }

  private final class Turn: Sendable {
    private let lock: ObjectLock
    init(_ lock: consuming ObjectLock) { self.lock = lock }
  }

  private func turn() throws -> Turn {
    var isTold = false
    while true {
      if case .some(let lock) = try layers.store.tryLock(layers.identities.sealed) { return Turn(lock) }
      if !isTold { builder.events(.note("\(name): waiting for another build of the same image")) }
      isTold = true
      if builder.cancellation.isCancelled { throw Interrupted() }
      Stopwatch.pause(milliseconds: 50)
    }
  }

  /// Without a worker; nil when something of the tree has to run, or to lie on a disk.
  private func assembled(_ held: KeptLayers.Held) throws -> WorkerResult? {
    var versions: String?
    if !job.versions.isEmpty {
      versions = try layers.knownVersions()
      if versions == nil { return nil }
    }
    let events = run.events
    for stage in LayerBase.sealed.reused { events(.finished(stage, reused: true)) }
    let image = LayeredImage(
      settings: job.image, installation: job.installation, date: Timestamp(seconds: job.sourceDate),
      threads: job.threads, events: events, cancellation: builder.cancellation)
    let output = try outputs.create(name, LayeredBuild.image)
    let written = try image.write(held, to: output.raw) { digest, name in
      guard case .some(let object) = try layers.store.open(digest) else {
        throw Report("cannot install \(name): its content has left the cache while the build began")
      }
      return object
    }
    guard let written else {
      outputs.discard()
      return nil
    }
    // The pack would otherwise keep the room of an image that is nobody's any more.
    if let layer = written.layer { try builder.during(.keep) { try keepSealed(layer.bytes) } }
    return WorkerResult(
      tree: written.tree.digest, toolVersions: versions, peakMemory: WorkerResult.ownPeakMemory())
  }

  private func work(
    from base: LayerBase?, held: KeptLayers.Held?, _ pool: (LayerBase?) throws -> PackagePool
  ) throws -> WorkerResult {
    var job = job
    (job.base, job.keepsLayers) = (base, true)
    try Workspace.makeDirectories("\(layers.store.directory)/partial")
    let made = PendingFiles(in: "\(layers.store.directory)/partial")
    let outcome = Result {
      try run.carryOut(.build(job), pool: pool(base)) { [outputs, name] artifact in
        switch LayerArtifact(rawValue: artifact) {
        case .baseIndex?, .basePack?:
          guard let held, let part = LayerArtifact(rawValue: artifact) else {
            throw Report("internal error: the worker asked for a layer that it was not promised")
          }
          return try held.share(part)
        case .some: return try made.create(artifact)
        case nil: return try outputs.create(name, artifact)
        }
      }
    }
    var files = made.release()
    let sealed = files.removeValue(forKey: LayerArtifact.sealedIndex.rawValue)
    defer { if let sealed { unlink(sealed) } }
    guard case .success(let result) = outcome else {
      // The next attempt begins with it.
      try layers.keepConfigured(files)
      return try outcome.get()
    }
    return try builder.during(.keep) {
      try layers.keepConfigured(files)
      if let sealed {
        let index = try Descriptor(opening: sealed, O_RDONLY)
        try keepSealed(readAll(index.raw, named: sealed))
      }
      if let text = result.toolVersions { try layers.remember(versions: text) }
      return result
    }
  }

  private func keepSealed(_ index: [UInt8]) throws {
    guard let image = outputs.pendingPath(name, LayeredBuild.image) else {
      throw Report("internal error: no image was written")
    }
    try layers.keepSealed(index, image: image)
  }
}
