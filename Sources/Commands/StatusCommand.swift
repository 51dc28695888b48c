import ArgumentParser
import Json
import Pipeline

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what an edit of a guest leads to.",
    discussion: """
      Compares what the config and the guest's files say with what the last build of OUTPUT wrote down, and says \
      which parts have to be built again, from which stage on and why. Comments and keys that nothing of a part \
      depends on change nothing. Needs no network and no privilege, and changes nothing.
      """)

  @Argument(help: "The guest directory.", completion: .directory) var guest = "guest"

  @Option(
    name: .customLong("arch"),
    help: ArgumentHelp("Of this architecture only; repeatable.", valueName: "arch"),
    completion: .list(["x86_64", "arm64"]))
  var architectures: [String] = []

  @Option(help: "Where the assets are.", completion: .directory) var output = "assets"

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let context = try HostContext.gathered()
    let status = try BuildPlanner(context: context).status(
      BuildRequest(
        guest: guest, architectures: architectures, output: absolute(output),
        sourceDate: try context.sourceDate()))
    Terminal.print(
      json ? status.json.rendered() : Rendering.status(status, guest: guest, style: .standardOutput))
  }
}
