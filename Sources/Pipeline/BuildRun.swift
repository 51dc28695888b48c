import BuildModel
import Diagnosis
import FileTree
import Glibc
import Imaging
import Installing
import Layers
import Sandbox

/// One build, from an empty workspace or a kept state to the image. The order of the stages stands here
/// and nowhere else.
struct BuildRun {
  static let tree = "tree"
  /// A directory beside it, of the same file system.
  private static let wheels = "wheels"
  private static let memory = "memory"

  var job: BuildJob
  var link: WorkerLink

  private var environment: ScriptEnvironment {
    ScriptEnvironment(sourceDate: job.sourceDate, clock: job.surroundings.clock)
  }
  private var events: EventHandler { link.events }
  private var date: Timestamp { Timestamp(seconds: job.sourceDate) }

  private var imager: Imager {
    Imager(settings: job.image, date: date, threads: job.threads, events: events)
  }

  private var installer: Installer {
    Installer(
      objects: link, lock: job.lock, releases: job.releases, installation: job.installation,
      environment: environment, threads: job.threads, events: events)
  }

  private var rootBuild: RootBuild {
    RootBuild(
      packages: job.lock.packages, configureSteps: job.lock.configureSteps, debian: job.lock.debian,
      environment: environment, threads: job.threads, isPlain: job.surroundings.isPlain, link: link)
  }

  func run() throws -> WorkerResult {
    // For as long as the image's programs may run.
    let emulator = try link.emulator(of: job.emulated)
    defer { withExtendedLifetime(emulator) {} }
    switch job.goal {
    case .staged:
      return try image(SealedTree(tree: rootBuild.unpacked(in: makeTree()).release()))
    case .configured:
      let configured = try rootBuild.configured(in: makeTree())
      return try normalised(configured)
    case .installed:
      let configured = try rootBuild.configured(in: makeTree())
      let tree = try installed(configured).release()
      try installer.placeOwnFiles(in: tree)
      return try normalised(ConfiguredTree(tree: tree))
    case .sealed:
      var probes: [String: String]?
      let sealed = try sealedTree(&probes)
      var result = try finished(sealed)
      result.probes = probes
      return result
    }
  }

  /// On a tmpfs, if there is memory for it: from then on the worker is at home there, for what lies beside the
  /// tree has to be on the same file system.
  private func makeTree() throws -> Tree {
    if let memory = job.memory {
      try system("create", BuildRun.memory) { mkdir(BuildRun.memory, 0o755) }
      try system("mount a tmpfs on", BuildRun.memory) {
        mount("tmpfs", BuildRun.memory, "tmpfs", 0, "mode=0755,size=\(memory)")
      }
      try system("enter", BuildRun.memory) { chdir(BuildRun.memory) }
    }
    return try Tree(making: BuildRun.tree)
  }

  // MARK: To the sealed tree

  /// Everything but the guest's own files.
  private func sealedTree(_ probes: inout [String: String]?) throws -> SealedTree {
    guard let base = job.base else {
      let tree = try makeTree()
      let wheels = try job.surroundings.isPlain ? nil : installer.unpackWheelsAhead(in: BuildRun.wheels)
      var configured = try rootBuild.configured(in: tree)
      if job.surroundings.asks { probes = try probe() }
      if job.keepsLayers { configured.tree.known.merge(try keep(configured)) }
      return try sealed(installed(configured, wheels: wheels))
    }
    let tree = try restored()
    for stage in base.reused { events(.finished(stage, reused: true)) }
    switch base {
    case .sealed: return SealedTree(tree: tree)
    case .configured: return try sealed(installed(ConfiguredTree(tree: tree)))
    case .lacking(let wheels):
      events(.started(.install))
      let added = job.lock.wheels.filter { wheels.contains($0.statement) }
      let installed = try installer.add(added, to: SealedTree(tree: tree))
      events(.finished(.install, reused: false))
      return try sealed(installed)
    }
  }

  private func installed(
    _ configured: consuming ConfiguredTree, wheels: WheelsAhead? = nil
  ) throws -> ConfiguredTree {
    events(.started(.install))
    let installed = try installer.install(into: configured, wheels: wheels)
    events(.finished(.install, reused: false))
    return installed
  }

  private func sealed(_ installed: consuming ConfiguredTree) throws -> SealedTree {
    events(.started(.seal))
    let sealed = try installer.seal(installed)
    events(.finished(.seal, reused: false))
    return sealed
  }

  // MARK: Kept states

  private func restored() throws -> Tree {
    events(.activity(.stage, "the state of an earlier build"))
    let index = try link.need(.artifact(LayerArtifact.baseIndex.rawValue))
    let pack = try link.need(.artifact(LayerArtifact.basePack.rawValue))
    let layer = try Layer(bytes: readAll(index.raw, named: "a layer's index"))
    var tree = try makeTree()
    let result = try TreeRestoration(root: tree.root.raw, threads: job.threads)
      .restore(layer, from: pack.raw)
    tree.recorded = result.recorded
    tree.known = result.contents
    return tree
  }

  /// Writes the tree's layer; returns what was found of its contents.
  private func keep(_ configured: borrowing ConfiguredTree) throws -> StampedContents {
    events(.activity(.configure, "keeping the configured tree"))
    let listed = try ListedTree(configured.tree, notAfter: date)
    // Nobody could make it again.
    if listed.entries.contains(where: { $0.kind == .socket }) { return StampedContents() }
    let contents = DirectoryContents(root: configured.tree.root.raw)
    let examined = try ExaminedTree(
      listed.entries, contents: contents, known: listed.known, threads: job.threads)
    let pack = try link.need(.artifact(LayerArtifact.configuredPack.rawValue))
    let layer = try Pack.write(
      examined.entries, examined: examined.contents, from: contents, to: pack.raw, threads: job.threads)
    try write(layer, as: .configuredIndex)
    return listed.stamped(examined)
  }

  private func write(_ layer: Layer, as artifact: LayerArtifact) throws {
    let file = try link.need(.artifact(artifact.rawValue))
    try layer.bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: artifact.rawValue) }
  }

  // MARK: To the image

  /// The guest's own files come last, and into the image without a detour: the tree has them for the
  /// programs that are asked for their versions.
  private func finished(_ sealed: consuming SealedTree) throws -> WorkerResult {
    let listed = try ListedTree(sealed.tree, notAfter: date)
    let overlay = try GuestOverlay(job.installation.ownFiles, over: listed.entries, modified: date) {
      try link.open($0, named: $1)
    }
    try installer.placeOwnFiles(in: sealed.tree)
    // The tree does not change any more, so both may look at it at once.
    let versions = VersionQuestions(
      commands: job.versions, tree: BuildRun.tree, environment: environment, events: events
    ).ask()
    guard let overlay else {
      var result = try image(sealed)
      result.toolVersions = try versions.answer()
      return result
    }
    events(.started(.image))
    let output = try link.need(.artifact("rootfs.ext4"))
    let written = try imager.write(
      overlay.entries, contents: overlay.contents(over: DirectoryContents(root: sealed.tree.root.raw)),
      known: listed.known.filter { !overlay.paths.contains($0.key) }, to: output.raw)
    events(.finished(.image, reused: false))
    if job.keepsLayers, let layer = Layer(listed.entries, in: written, besides: overlay.paths) {
      try write(layer, as: .sealedIndex)
    }
    var result = WorkerResult(tree: written.tree.digest, peakMemory: WorkerResult.ownPeakMemory())
    result.toolVersions = try versions.answer()
    return result
  }

  private func image(_ sealed: consuming SealedTree) throws -> WorkerResult {
    events(.started(.image))
    let output = try link.need(.artifact("rootfs.ext4"))
    let imaged = try imager.image(sealed, to: output.raw)
    events(.finished(.image, reused: false))
    return WorkerResult(tree: imaged.digest, peakMemory: WorkerResult.ownPeakMemory())
  }

  /// The image of a state that goes no further.
  private func normalised(_ tree: consuming ConfiguredTree) throws -> WorkerResult {
    events(.started(.seal))
    let normalised = try installer.normalise(tree)
    events(.finished(.seal, reused: false))
    return try image(normalised)
  }

  /// What a script in the tree sees of the circumstances.
  private func probe() throws -> [String: String] {
    var output: [UInt8] = []
    let plan = SandboxPlan(
      tree: BuildRun.tree, command: ["/bin/sh", "-c", Question.script], environment: environment.variables,
      lent: environment.clock?.library)
    _ = try Sandbox.run(plan) { if output.count < 1 << 16 { output.append(contentsOf: $0) } }
    let answers = Question.answers(in: String(decoding: output, as: UTF8.self))
    return Dictionary(uniqueKeysWithValues: answers.map { ($0.key.rawValue, $0.value) })
  }
}
