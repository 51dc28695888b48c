import TestSupport
import Testing

@Suite struct AuditTests {
  private let site: BuildSite

  init() throws { site = try BuildSite() }

  private func fixture(_ name: String) throws -> String {
    String(
      decoding: try contents(ofFile: "\(BuildSite.repository)/fixtures/audit/\(name)") ?? [], as: UTF8.self)
  }

  @Test func `a report on standard input is counted and listed, worst first`() throws {
    let result = try site.run(["audit"], input: fixture("trivy.json"))
    #expect(result.status == 1)
    #expect(result.errors == "")
    #expect(
      result.output == """
        Scanner: trivy
        Vulnerabilities: 4
          CRITICAL: 1
          HIGH: 1
          MEDIUM: 1
          UNKNOWN: 1

        CRITICAL  CVE-2026-20177  example-tools 2:8.2-1: example-tools: a crafted archive writes outside its directory
        HIGH      GHSA-0000-1111-2222  left-of-centre 3.0.1, fixed in 3.0.2, 4.1.0: left-of-centre: prototype pollution
        MEDIUM    CVE-2026-20101  libexample1 1.4.0-2, fixed in 1.4.0-2+deb12u1: libexample: reads past the end of a long header
        UNKNOWN   CVE-2019-20001  libold0 0.9-4

        """)
  }

  @Test func `a report without grave findings passes`() throws {
    try site.write(fixture("clean-trivy.json"), to: "report.json")
    let result = try site.run(["audit", "--scanner", "trivy", "--input", "report.json"])
    #expect(result.status == 0)
    #expect(result.output == "Scanner: trivy\nVulnerabilities: 0\n")
  }

  @Test func `JSON fails on the same findings`() throws {
    let result = try site.run(["audit", "--scanner", "grype", "--json"], input: fixture("grype.json"))
    #expect(result.status == 1)
    #expect(
      result.output.hasPrefix("[\n  {\n    \"id\": \"CVE-2026-20101\",\n    \"severity\": \"MEDIUM\",\n"))
    #expect(result.errors == "")
    let clean = try site.run(["audit", "--json"], input: fixture("clean-trivy.json"))
    #expect(clean.status == 0)
    #expect(clean.output == "[]\n")
  }

  @Test func `nothing that moves a terminal's cursor comes through`() throws {
    let report = #"""
      {"matches": [{"vulnerability": {"id": "A\u001b[2J", "severity": "Low"},
        "artifact": {"name": "b\u009b1A\r\nCRITICAL  forged", "version": "1\u0007"}}]}
      """#
    let text = try site.run(["audit"], input: report)
    #expect(
      text.output
        == "Scanner: grype\nVulnerabilities: 1\n  LOW: 1\n\nLOW  A\u{fffd}[2J  b\u{fffd}1A\u{fffd} CRITICAL  forged 1\u{fffd}\n"
    )
    let json = try site.run(["audit", "--json"], input: report)
    #expect(
      !json.output.unicodeScalars.contains { $0 != "\n" && ($0.value < 32 || (127...159).contains($0.value)) }
    )
    let refusal = try site.run(["audit"], input: #"{"Results": "\u001b[2J"}"#)
    #expect(refusal.status == 1)
    #expect(!refusal.errors.contains("\u{1b}"))
  }

  @Test(arguments: [
    ("", "error: cannot audit standard input: it is empty\n"),
    ("{", "error: cannot read standard input as JSON: line 1, column 2: "),
    (
      "[1]",
      "error: cannot audit standard input: expected a report of trivy or grype, found a list that is none\n"
    ),
  ])
  func `what is no report is an error`(report: String, message: String) throws {
    let result = try site.run(["audit"], input: report)
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
  }

  @Test(arguments: [
    (["audit", "--scanner", "clair"], "Error: The value 'clair' is invalid for '--scanner <scanner>'"),
    (
      ["audit", "--input", "nowhere.json"],
      "Error: cannot read --input nowhere.json: No such file or directory"
    ),
  ])
  func `wrong usage is status 2`(arguments: [String], message: String) throws {
    let result = try site.run(arguments)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
  }
}
