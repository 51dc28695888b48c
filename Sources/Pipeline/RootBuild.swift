import BuildModel
import Configuring
import Diagnosis
import FileTree
import Glibc
import Sandbox
import Staging

/// Debian packages to a configured root, whatever it is for: an image, or a place to compile in.
struct RootBuild {
  var packages: [LockedPackage]
  var configureSteps: [ConfigureStep]
  /// Debian's architecture of the root.
  var debian: String
  var environment: ScriptEnvironment
  var threads: Int
  var isPlain = false
  var link: WorkerLink

  /// Made once for a root: it counts.
  private func counted() -> EventHandler {
    let progress = RootProgress(of: packages, events: link.events)
    return { progress.take($0) }
  }

  private func stager(_ events: @escaping EventHandler) -> Stager {
    Stager(
      packages: link, debianArchitecture: debian, environment: environment, threads: threads, events: events)
  }

  private var inOrder: [LockedPackage] { packages.sorted { $0.order < $1.order } }

  /// Everything unpacked, nothing configured.
  func unpacked(in tree: consuming Tree) throws -> StagedTree {
    let events = counted()
    events(.started(.stage))
    let staged = try stager(events).unpack(inOrder, into: tree)
    events(.finished(.stage, reused: false))
    return staged
  }

  /// The essential packages first, then the others with libapt-pkg's explicit steps between them.
  func configured(in tree: consuming Tree) throws -> ConfiguredTree {
    let events = counted()
    let stager = stager(events)
    let machine = DebianArchitecture(rawValue: debian)?.machine
    let configurer = Configurer(
      environment: environment, foreign: machine == .host ? nil : machine, threads: isPlain ? nil : threads,
      events: events)
    events(.started(.stage))
    let base = try stager.bootstrap(inOrder.filter(\.essential), into: tree)
    events(.waiting(.stage))
    events(.started(.configure))
    let bootstrapped = try configurer.configure(base, order: .bootstrap)
    events(.waiting(.configure))
    var staged = StagedTree(extending: bootstrapped)
    var rest = inOrder.filter { !$0.essential }[...]
    for step in configureSteps {
      let run = rest.prefix { $0.order < step.before }
      rest = rest.dropFirst(run.count)
      staged = try stager.extend(staged, with: Array(run))
      events(.waiting(.stage))
      staged = try configurer.configure(step.packages, of: staged)
      events(.waiting(.configure))
    }
    staged = try stager.extend(staged, with: Array(rest))
    events(.finished(.stage, reused: false))
    let configured = try configurer.configure(staged, order: .pending)
    events(.finished(.configure, reused: false))
    return configured
  }
}

extension Tree {
  /// Makes an empty one in the working directory.
  init(making name: String) throws {
    try system("create", name) { mkdir(name, 0o755) }
    self.init(name: name, root: try Descriptor(opening: name, O_RDONLY | O_DIRECTORY))
  }
}
