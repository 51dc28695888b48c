import Auditing
import BuildModel
import Diagnosis
import Glibc
import GuestConfig
import Linting
import Pipeline
import ToolServer

extension Tool {
  /// In the order of `tools/list`.
  static let all: [Tool] = [.validate, .buildDryRun, .inspect, .auditParse]

  private static let guestDirectory = Argument("guest_dir", "The guest directory.")

  /// The guest directory of a call.
  private static func guest(of arguments: Arguments) throws -> String {
    let directory = arguments[required: guestDirectory.name]
    var status = stat()
    guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Report("cannot read \(directory): no such directory")
    }
    return directory
  }

  private static let validate = Tool(
    name: "validate", description: "Checks a guest's config, as `validate` does.",
    arguments: [guestDirectory],
    run: { arguments in Validation(of: try guest(of: arguments)).plainText })

  private static let buildDryRun = Tool(
    name: "build_dry_run", description: "Plans a build without a network, as `build --dry-run` does.",
    arguments: [
      guestDirectory,
      Argument("arch", "An architecture of the config; by default its first.", required: false),
      Argument(
        "template", "What would be built.", choices: BuildCommand.Template.allCases.map(\.rawValue),
        default: BuildCommand.Template.rootfs.rawValue),
    ],
    run: { arguments in
      let guest = try guest(of: arguments)
      let context = try HostContext.gathered()
      var plan = try BuildPlanner(context: context).plan(
        BuildRequest(
          guest: guest, architectures: arguments["arch"].map { [$0] } ?? [], output: absolute("assets"),
          sourceDate: try context.sourceDate()))
      plan.architectures = Array(plan.architectures.prefix(1))
      return Rendering.plan(plan, style: Style(colour: false))
    })

  private static let inspect = Tool(
    name: "inspect", description: "Shows what a guest's config says, as `inspect` does.",
    arguments: [guestDirectory],
    run: { arguments in
      Rendering.harmless(try GuestConfiguration(loading: try guest(of: arguments)).summary)
    })

  private static let auditParse = Tool(
    name: "audit_parse", description: "Reads a vulnerability scanner's JSON report, as `audit` does.",
    arguments: [
      Argument("output", "The report: the scanner's JSON output."),
      Argument("scanner", "Who wrote it.", choices: VulnerabilityScanner.allCases.map(\.rawValue)),
    ],
    run: { arguments in
      let report = arguments[required: "output"].utf8
      return Rendering.audit(
        try Audit(
          reading: report, named: "the output",
          of: VulnerabilityScanner(rawValue: arguments[required: "scanner"])))
    })
}
