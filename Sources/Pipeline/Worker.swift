import BuildModel
import Diagnosis
import FileTree
import Glibc
import Imaging
import Installing
import Sandbox

/// The worker's main function: takes its order from the outer process and carries it out, as root of
/// its namespaces, in the workspace.
package enum Worker {
  /// Returns the process's exit status.
  package static func main() -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    let link = WorkerLink(channel: Channel(socket: WorkerEntry.control))
    do {
      let result: WorkerResult
      switch try link.start() {
      case .clear: result = try clear()
      case .build(let job): result = try BuildRun(job: job, link: link).run()
      case .compile(let job): result = try CompileRun(job: job, link: link).run()
      case .npm(let order): result = try NpmRun(order: order, link: link).run()
      case .emulate(let machine):
        _ = try link.emulator(of: machine)
        result = WorkerResult(peakMemory: 0)
      case .shell(let machine): result = try shell(link, emulated: machine)
      }
      try link.report(.done(result))
      return 0
    } catch {
      // When nobody hears it any more, there is nobody to tell.
      try? link.report(.failed(Report(of: error)))
      return 1
    }
  }

  private static func clear() throws -> WorkerResult {
    let root = try Descriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: root.raw)
    try writer.removeContent(of: .root)
    return WorkerResult(peakMemory: 0)
  }

  /// A login shell in a kept tree, as the failing step saw it.
  private static func shell(_ link: WorkerLink, emulated machine: Machine?) throws -> WorkerResult {
    let emulator = try link.emulator(of: machine)
    defer { withExtendedLifetime(emulator) {} }
    let terminal = try link.need(.artifact("terminal"))
    let environment = ScriptEnvironment(sourceDate: 0).variables.filter { $0.name != "TERM" }
    let plan = SandboxPlan(
      tree: BuildRun.tree, command: ["/bin/bash", "-i"],
      environment: environment + [("TERM", "xterm-256color")])
    guard case .exited(let status) = try Sandbox.run(plan, terminal: terminal.raw) else {
      return WorkerResult(exitStatus: 1, peakMemory: 0)
    }
    return WorkerResult(exitStatus: status, peakMemory: 0)
  }
}

/// One build, from an empty workspace to the image. The order of the stages stands here and nowhere
/// else.
struct BuildRun {
  static let tree = "tree"

  var job: BuildJob
  var link: WorkerLink

  private var environment: ScriptEnvironment {
    ScriptEnvironment(sourceDate: job.sourceDate, clock: job.surroundings.clock)
  }
  private var events: EventHandler { link.events }

  func run() throws -> WorkerResult {
    // For as long as the image's programs may run.
    let emulator = try link.emulator(of: job.emulated)
    defer { withExtendedLifetime(emulator) {} }
    let rootBuild = RootBuild(
      packages: job.lock.packages, configureSteps: job.lock.configureSteps, debian: job.lock.debian,
      environment: environment, threads: job.threads, link: link)
    if job.goal == .staged {
      return try image(SealedTree(tree: rootBuild.unpacked(in: makeTree()).release()))
    }
    let configured = try rootBuild.configured(in: makeTree())
    let probes = try job.surroundings.asks ? probe() : nil

    let installer = Installer(
      objects: link, lock: job.lock, releases: job.releases, installation: job.installation,
      environment: environment, threads: job.threads, events: events)
    if job.goal == .configured { return try normalised(configured, by: installer) }
    events(.started(.install))
    let installed = try installer.install(into: configured)
    events(.finished(.install, reused: false))
    if job.goal == .installed { return try normalised(installed, by: installer) }
    events(.started(.seal))
    let sealed = try installer.seal(installed)
    events(.finished(.seal, reused: false))
    // The tree does not change any more, so both may look at it at once.
    let versions = VersionQuestions(
      commands: job.versions, tree: BuildRun.tree, environment: environment, events: events
    ).ask()
    var result = try image(sealed)
    result.toolVersions = try versions.answer()
    result.probes = probes
    return result
  }

  private func makeTree() throws -> Tree { try Tree(making: BuildRun.tree, memory: job.surroundings.memory) }

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

  private func image(_ sealed: consuming SealedTree) throws -> WorkerResult {
    events(.started(.image))
    let output = try link.need(.artifact("rootfs.ext4"))
    let imager = Imager(
      settings: job.image, date: Timestamp(seconds: job.sourceDate), threads: job.threads, events: events)
    let imaged = try imager.image(sealed, to: output.raw)
    events(.finished(.image, reused: false))
    return WorkerResult(tree: imaged.digest, peakMemory: WorkerResult.ownPeakMemory())
  }

  /// The image of a state that goes no further.
  private func normalised(_ tree: consuming ConfiguredTree, by installer: Installer) throws -> WorkerResult {
    events(.started(.seal))
    let normalised = try installer.normalise(tree)
    events(.finished(.seal, reused: false))
    return try image(normalised)
  }
}
