import ArgumentParser
import Json
import Pipeline
import Threads

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Build again under a hostile environment, and compare.",
    discussion: """
      Builds from the same lock as another user and elsewhere, with another home, host name, umask, locale, time \
      zone, clock, TMPDIR, number of processors and threads, and in memory: whatever of it this host can change. \
      What it cannot is listed as not varied. The first image is the one in OUTPUT if it is up to date, else one \
      that is built beside it; the assets stay as they are.

      The exit status is 0 when both images have the same bytes, and 1 when they differ or cannot be built.
      """)

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Option(
    name: .customLong("arch"),
    help: ArgumentHelp("Of this architecture; repeatable. Default: the host's.", valueName: "arch"),
    completion: .list(["x86_64", "arm64"]))
  var architectures: [String] = []

  @Option(help: "Where the assets are.", completion: .directory) var output = "assets"

  @Flag(help: "Fail if GUEST/capsem.lock is missing or stale.") var locked = false

  @Flag(help: "Use nothing but the cache and --mirror.") var offline = false

  @Option(
    help: ArgumentHelp(
      "Take everything from what `mirror` wrote there, or Debian packages from this archive.",
      valueName: "dir|url"),
    completion: .directory)
  var mirror: String?

  @Flag(help: "Print the verdict as one JSON object on stdout.") var json = false

  @Option(help: "How progress is shown: auto, live, plain, json or none.") var progress = ProgressMode.auto

  func run() throws {
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: progress.mode, style: .standardError)
    defer { display.finish() }
    let builder = try ImageBuilder(
      context: context, cancellation: cancellation, events: display.events, ledger: { display.ledger })
    let verifications = try Verifier(builder: builder).verify(
      BuildRequest(
        guest: guest, architectures: architectures, output: absolute(output), locked: locked,
        offline: offline,
        mirror: mirror.map(BuildCommand.mirrorAddress), sourceDate: try context.sourceDate()))
    withExtendedLifetime(signals) {}
    let verdicts = try verifications.map(Verdict.init)
    if json {
      Terminal.print(JSONText.object(verdicts.map { ($0.verification.architecture, $0.json) }).rendered())
    } else {
      Terminal.print(verdicts.map { $0.text(style: .standardOutput) }.joined(separator: "\n"))
    }
    if !verdicts.allSatisfy(\.verification.isSame) { throw ExitCode(1) }
  }
}
