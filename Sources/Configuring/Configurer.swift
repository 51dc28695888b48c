import BuildModel
import Diagnosis
import FileTree
import Sandbox

/// Lets the image's own dpkg configure what is staged: maintainer scripts run in the sandbox, without a
/// network, starting no service.
package struct Configurer {
  package var environment: ScriptEnvironment
  /// Whose programs are in the tree, if an emulator runs them.
  package var foreign: Machine?
  /// Processors for work beside the scripts and their own; nil runs every program as the image has it.
  package var threads: Int?
  package var events: EventHandler

  package init(
    environment: ScriptEnvironment, foreign: Machine? = nil, threads: Int? = nil,
    events: @escaping EventHandler
  ) {
    self.environment = environment
    self.foreign = foreign
    self.threads = threads
    self.events = events
  }

  /// Which packages one command configures, and in which order.
  package enum Order: Sendable, Equatable {
    /// The essential packages as mmdebstrap's `dpkg --install` would: all by name, in unpack order,
    /// whatever depends on what.
    case bootstrap
    /// These by name: an explicit step of libapt-pkg.
    case step([String])
    /// All that are left, in the order that dpkg finds.
    case pending
  }

  /// The command, without running it.
  package static func plan(
    tree: String, order: Order, pending: [StagedPackage], environment: ScriptEnvironment,
    isForeign: Bool = false
  ) -> SandboxPlan {
    let dpkg = ["/usr/bin/dpkg", "--status-fd", "3"]
    let command =
      switch order {
      case .bootstrap: dpkg + ["--force-depends", "--configure"] + pending.map(\.qualifiedName)
      case .step(let names): dpkg + ["--configure"] + names
      case .pending: dpkg + ["--configure", "--pending"]
      }
    return SandboxPlan(
      tree: tree, command: command, environment: environment.variables,
      silenced: ["/usr/sbin/start-stop-daemon"] + (isForeign ? [NativeLdconfig.program.description] : []),
      lent: environment.clock?.library)
  }

  /// Configures some packages of a tree; the others stay pending.
  package func configure(_ names: [String], of staged: consuming StagedTree) throws -> StagedTree {
    let pending = staged.pending
    let tree = staged.release()
    try run(.step(names), in: tree, pending: pending)
    return StagedTree(tree: tree, pending: pending.filter { !names.contains($0.name) })
  }

  /// Configures everything that is pending.
  package func configure(_ staged: consuming StagedTree, order: Order) throws -> ConfiguredTree {
    let pending = staged.pending
    let tree = staged.release()
    try run(order, in: tree, pending: pending)
    try check(TreeWriter(root: tree.root.raw))
    return ConfiguredTree(tree: tree)
  }

  private func run(_ order: Order, in tree: borrowing Tree, pending: [StagedPackage]) throws {
    var writer = TreeWriter(root: tree.root.raw)
    let ownPolicy = try refuseServices(&writer)
    try runQuickly(
      Configurer.plan(
        tree: tree.name, order: order, pending: pending, environment: environment, isForeign: foreign != nil),
      order, root: tree.root.raw, total: pending.count)
    if let foreign {
      var ldconfig = NativeLdconfig(root: tree.root.raw, machine: foreign)
      try ldconfig.run(date: environment.sourceDate)
    }
    if ownPolicy { try writer.remove(Configurer.policy) }
  }

  private static let policy: TreePath = "usr/sbin/policy-rc.d"

  /// invoke-rc.d(8) starts no service when this program exits with 101. True when it was written.
  private func refuseServices(_ writer: inout TreeWriter) throws -> Bool {
    if try writer.exists(Configurer.policy) { return false }
    try writer.makeDirectories(Configurer.policy.parent)
    try writer.replaceFile(Configurer.policy, with: Array("#!/bin/sh\nexit 101\n".utf8), mode: 0o755)
    return true
  }

  /// With other versions of the programs that are known to be slow. A program for another machine is slow
  /// however it is written, and what it prints was not compared.
  private func runQuickly(_ plan: SandboxPlan, _ order: Order, root: CInt, total: Int) throws {
    guard let threads, foreign == nil, let shelf = try StandInShelf(root: root) else {
      return try run(plan, total: total)
    }
    var plan = plan
    plan.loans += shelf.loans
    if order == .pending && shelf.takesByteCode && threads > 1 {
      // Those that are left are too few for more.
      let ahead = try CompileAhead(of: plan, processors: min(threads - 1, 3), events: events)
      let outcome = Result { try run(plan, total: total) }
      try ahead.finish()
      try outcome.get()
    } else {
      try run(plan, total: total)
    }
    try shelf.remove()
  }

  private func run(_ plan: SandboxPlan, total: Int) throws {
    var output = ScriptOutput()
    var failure: (package: String, words: String)?
    var outputLines = LineBuffer()
    var statusLines = LineBuffer()
    func show(_ line: Substring) {
      events(.output(.configure, String(line)))
      output.take(line)
    }
    var count = 0
    func note(_ line: Substring) {
      switch DpkgReport(line) {
      case .processing("configure", let package):
        count += 1
        events(.activity(.configure, package))
        events(.advanced(.configure, done: Int64(count), total: Int64(total), unit: .items))
      case .processing("trigproc", let package): events(.activity(.configure, "\(package) (triggers)"))
      case .failed(let package, let words): if failure == nil { failure = (package, words) }
      default: break
      }
    }
    let status = try Sandbox.run(
      plan, output: { outputLines.append($0, show) }, status: { statusLines.append($0, note) })
    outputLines.finish(show)
    statusLines.finish(note)
    if let failure {
      throw ConfiguringError(failure.package, .scriptFailed(failure.words), output: output.ofFailure)
    }
    guard status.isSuccess else {
      throw ConfiguringError("packages", .dpkgFailed(status: status.description), output: output.ofFailure)
    }
  }

  private func check(_ writer: borrowing TreeWriter) throws {
    let status = String(decoding: try writer.read("var/lib/dpkg/status") ?? [], as: UTF8.self)
    if let first = DpkgStates.unfinished(in: status).first {
      throw ConfiguringError(first.package, .left(state: first.state))
    }
  }
}
