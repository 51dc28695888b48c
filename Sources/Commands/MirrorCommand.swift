import ArgumentParser
import Diagnosis
import Mirroring
import Pipeline
import Threads

struct MirrorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror", abstract: "Write a self-contained mirror of what the lock names.",
    usage: """
      capsem-native mirror <guest> <dir> [--url <url>] [--prune [--lock <file> ...]] [<options>]
      capsem-native mirror --verify <dir>
      """,
    discussion: """
      DIR then holds the packages, wheels and signed lists of GUEST/capsem.lock, or of the resolution that a \
      build would use, for all architectures: an apt repository with DIR/capsem.sources, a Python index in \
      DIR/simple, and DIR/mirror.json, which lists every file. `build --mirror DIR` needs nothing else, and \
      neither do apt, pip and uv, from a static web server or from a file system. Run again, it adds what is new.
      """)

  @Argument(
    help: ArgumentHelp(
      "The guest directory, and the mirror's; with --verify the mirror's alone.", valueName: "dir"),
    completion: .directory)
  var places: [String] = []

  @Option(help: ArgumentHelp("Where a web server offers DIR: written into capsem.sources.", valueName: "url"))
  var url: String?

  @Flag(help: "Drop what neither the guest's lock names nor one that --lock gives.") var prune = false

  @Option(
    name: .customLong("lock"),
    help: ArgumentHelp("With --prune, keep what this lock names, too; repeatable.", valueName: "file"),
    completion: .file())
  var locks: [String] = []

  @Flag(help: "Compare every byte of the mirror with its mirror.json, and write nothing.") var verify = false

  @Flag(help: "Fail if GUEST/capsem.lock is missing or stale.") var locked = false

  @Flag(help: "Use nothing but the cache and --mirror.") var offline = false

  @Option(
    help: ArgumentHelp("Take what the cache lacks from this mirror.", valueName: "dir|url"),
    completion: .directory)
  var mirror: String?

  @Option(help: "How progress is shown: auto, live, plain, json or none.") var progress = ProgressMode.auto

  func validate() throws {
    if verify {
      guard places.count == 1 else { throw ValidationError("--verify takes one directory: the mirror's") }
      if prune || url != nil || locked || offline || mirror != nil {
        throw ValidationError("--verify writes nothing, so it takes no other option")
      }
    } else if places.count != 2 {
      throw ValidationError("expected two directories: the guest's and the mirror's")
    }
    if !locks.isEmpty && !prune { throw ValidationError("--lock is of use with --prune only") }
  }

  func run() throws {
    if verify { return try verify(absolute(places[0])) }
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: progress.mode, style: .standardError)
    defer { display.finish() }
    let builder = try ImageBuilder(
      context: context, cancellation: cancellation, events: display.events, ledger: { display.ledger })
    let result = try builder.mirror(
      MirrorRequest(
        guest: places[0], directory: absolute(places[1]), url: url, locked: locked, offline: offline,
        mirror: mirror.map(BuildCommand.mirrorAddress), keptLocks: prune ? locks : nil))
    withExtendedLifetime(signals) {}
    let change = result.change
    let removed = prune ? ", \(change.removed) removed" : ""
    Terminal.say(
      "mirrored into \(places[1]): \(change.written) files written, \(Rendering.bytes(change.bytes)); "
        + "\(change.kept) unchanged\(removed)\n")
    Terminal.say("it holds \(result.files) files, \(Rendering.bytes(result.bytes))\n")
  }

  private func verify(_ directory: String) throws {
    let verification = try MirrorVerification(of: directory)
    try verification.check(places[0])
    Terminal.say(
      "\(places[0]) is what its mirror.json says: \(verification.files) files, "
        + "\(Rendering.bytes(verification.bytes))\n")
  }
}
