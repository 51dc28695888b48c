import ArgumentParser
import Diagnosis
import Pipeline
import Threads

struct LockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Resolve everything and write GUEST/capsem.lock.",
    discussion:
      "The lock covers all architectures of the config. Commit it: builds then take exactly what it names.")

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Option(
    help: ArgumentHelp("Resolve against this Debian archive.", valueName: "dir|url"), completion: .directory)
  var mirror: String?

  @Option(help: "How progress is shown: auto, live, plain, json or none.") var progress = ProgressMode.auto

  func run() throws {
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let display = Progress(mode: progress.mode, style: .standardError)
    let builder = try ImageBuilder(
      context: context, cancellation: cancellation, events: display.events, ledger: { display.ledger })
    let path = try builder.lock(guest: guest, mirror: mirror.map(BuildCommand.mirrorAddress))
    withExtendedLifetime(signals) {}
    Terminal.say("wrote \(path)\n")
  }
}
