import Auditing
import ToolServer

extension Tool {
  /// In the order of `tools/list`.
  static let all: [Tool] = [.auditParse]

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
