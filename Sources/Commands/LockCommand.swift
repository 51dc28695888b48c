import ArgumentParser
import BuildModel
import Diagnosis
import FileTree
import Json
import Pipeline
import Solver
import Threads

struct LockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Resolve everything and write GUEST/capsem.lock.",
    discussion: """
      The lock covers all architectures of the config. Commit it: builds then take exactly what it names. A Release \
      file older than the one that the lock knew is refused, and so is one whose time is over.
      """)

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Flag(help: "Resolve everything anew; that is the default.") var update = false

  @Option(
    name: .customLong("update-package"),
    help: ArgumentHelp(
      "Move only this Debian package or wheel, and what it needs; repeatable.", valueName: "name"))
  var packages: [String] = []

  @Flag(help: "Print what would change, and write nothing.") var diff = false

  @Flag(help: "Print what changes as JSON.") var json = false

  @Flag(name: .customLong("allow-expired"), help: "Take Release files whose time is over.")
  var allowsExpired = false

  @Option(
    help: ArgumentHelp("Resolve against this Debian archive.", valueName: "dir|url"), completion: .directory)
  var mirror: String?

  @Option(help: "How progress is shown: auto, live, plain, json or none.") var progress = ProgressMode.auto

  func validate() throws {
    if update && !packages.isEmpty { throw ValidationError("--update contradicts --update-package") }
  }

  func run() throws {
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: progress.mode, style: .standardError)
    defer { display.finish() }
    let builder = try ImageBuilder(
      context: context, cancellation: cancellation, events: display.events, ledger: { display.ledger })
    let relocked = try builder.relock(
      guest: guest, mirror: mirror.map(BuildCommand.mirrorAddress), moving: packages,
      allowsExpired: allowsExpired)
    withExtendedLifetime(signals) {}
    let difference = relocked.previous.map {
      LockfileDifference(from: $0, to: relocked.lock, isDebianOlder: VersionOrder.isBefore)
    }
    if diff || json {
      let difference = difference ?? LockfileDifference(from: .empty, to: relocked.lock) { _, _ in false }
      Terminal.print(
        json
          ? difference.json.rendered() : Rendering.lockDifference(difference, style: .standardOutput))
    }
    if diff { return }
    try builder.keep(relocked)
    Terminal.say("wrote \(relocked.path)\n")
  }
}

extension Lockfile {
  /// Of nothing.
  fileprivate static let empty = Lockfile(
    configuration: Digest(of: ""), date: 0, solver: "", releases: [], architectures: [])
}
