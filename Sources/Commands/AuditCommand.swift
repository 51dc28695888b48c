import ArgumentParser
import Auditing
import Diagnosis
import FileTree
import Glibc
import Json

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read a vulnerability scanner's report; fail on CRITICAL or HIGH.",
    discussion: """
      Reads a JSON report of trivy or grype. Ends with status 1 when something in it is CRITICAL or HIGH, \
      and when it is empty or no such report.
      """)

  @Option(help: ArgumentHelp("Who wrote the report: trivy or grype. Default: what it looks like."))
  var scanner: VulnerabilityScanner?

  @Option(
    help: ArgumentHelp("The report's file. Default: standard input.", valueName: "path"), completion: .file())
  var input: String?

  @Flag(help: "Print the vulnerabilities as a JSON array on stdout.") var json = false

  func validate() throws {
    if let input, access(input, R_OK) != 0 {
      throw ValidationError("cannot read --input \(input): \(String(cString: strerror(errno)))")
    }
  }

  func run() throws {
    let audit = try Audit(reading: report(), named: input ?? "standard input", of: scanner)
    Terminal.print(json ? audit.json.rendered() : Rendering.audit(audit))
    if !audit.passes { throw ExitCode(1) }
  }

  private func report() throws -> [UInt8] {
    guard let input else { return try InputLines.all(of: STDIN_FILENO) }
    let file = try Descriptor(opening: input, O_RDONLY)
    return try InputLines.all(of: file.raw)
  }
}

extension VulnerabilityScanner: ExpressibleByArgument {}
