import ArgumentParser
import HostChecks
import Json
import Pipeline
import Threads

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check this host, each finding with its fix.",
    discussion: """
      Tries what a build would do, changes nothing, and needs neither root nor a network. Ends with status 1 \
      when something fails that every build needs; a warning is something that a build may do without.
      """)

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Option(help: "Where the assets would go.", completion: .directory) var output = "assets"

  @Flag(help: "Ask no mirror.") var offline = false

  @Flag(help: "Print the checks as one JSON object on stdout.") var json = false

  func run() throws {
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let survey = HostSurvey(
      context: try HostContext.gathered(), guest: guest, output: absolute(output), isOffline: offline,
      cancellation: cancellation)
    let checkup = Checkup(try survey.facts().checks)
    withExtendedLifetime(signals) {}
    Terminal.print(json ? checkup.json.rendered() : Rendering.checkup(checkup, style: .standardOutput))
    if checkup.count(.fail) > 0 { throw ExitCode(1) }
  }
}
