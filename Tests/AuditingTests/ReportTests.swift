import Auditing
import Diagnosis
import Foundation
import Json
import Testing

/// Reports as the scanners write them; the files are in `fixtures/audit`.
@Suite struct ReportTests {
  private func fixture(_ name: String) throws -> Data {
    try Data(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/audit/\(name)"))
  }

  private func audit(_ report: String, of scanner: VulnerabilityScanner? = nil) throws(Report) -> Audit {
    try Audit(reading: report.utf8, named: "the report", of: scanner)
  }

  @Test func `a report of trivy becomes vulnerabilities in its order`() throws {
    let audit = try Audit(reading: fixture("trivy.json"), named: "trivy.json", of: .trivy)
    #expect(
      audit.vulnerabilities == [
        Vulnerability(
          id: "CVE-2026-20101", severity: .medium, package: "libexample1", installedVersion: "1.4.0-2",
          fixedVersion: "1.4.0-2+deb12u1", title: "libexample: reads past the end of a long header",
          scanner: .trivy),
        Vulnerability(
          id: "CVE-2026-20177", severity: .critical, package: "example-tools", installedVersion: "2:8.2-1",
          title: "example-tools: a crafted archive writes outside its directory", scanner: .trivy),
        Vulnerability(
          id: "CVE-2019-20001", severity: .unknown, package: "libold0", installedVersion: "0.9-4",
          scanner: .trivy),
        Vulnerability(
          id: "GHSA-0000-1111-2222", severity: .high, package: "left-of-centre", installedVersion: "3.0.1",
          fixedVersion: "3.0.2, 4.1.0", title: "left-of-centre: prototype pollution", scanner: .trivy),
      ])
    #expect(
      audit.counts.map { "\($0.severity.rawValue) \($0.count)" } == [
        "CRITICAL 1", "HIGH 1", "MEDIUM 1", "UNKNOWN 1",
      ])
    #expect(!audit.passes)
  }

  @Test func `a report of grype has its fixed versions joined, where there is a fix`() throws {
    let audit = try Audit(reading: fixture("grype.json"), named: "grype.json", of: .grype)
    #expect(
      audit.vulnerabilities.map { "\($0.severity.rawValue) \($0.id) \($0.package) [\($0.fixedVersion)]" } == [
        "MEDIUM CVE-2026-20101 libexample1 [1.4.0-2+deb12u1]",
        "CRITICAL CVE-2026-20177 example-tools []",
        "NEGLIGIBLE CVE-2019-20001 libold0 []",
        "HIGH GHSA-0000-1111-2222 left-of-centre [3.0.2, 4.1.0]",
      ])
    #expect(audit.vulnerabilities.allSatisfy { $0.title.isEmpty && $0.scanner == .grype })
  }

  @Test(arguments: [
    ("trivy.json", VulnerabilityScanner.trivy), ("grype.json", .grype), ("clean-trivy.json", .trivy),
  ])
  func `a report says itself who wrote it`(file: String, scanner: VulnerabilityScanner) throws {
    #expect(try Audit(reading: fixture(file), named: file).scanner == scanner)
  }

  @Test(arguments: [
    #"{"Results": null}"#, #"{"Results": []}"#, #"{"SchemaVersion": 2}"#,
    #"{"Results": [{"Target": "a", "Vulnerabilities": null}, {"Target": "b"}]}"#,
    #"{"matches": null}"#, #"{"matches": []}"#,
  ])
  func `null and absent lists are empty lists`(report: String) throws {
    let audit = try audit(report)
    #expect(audit.vulnerabilities.isEmpty)
    #expect(audit.passes)
  }

  @Test(arguments: Severity.allCases)
  func `critical and high fail, all others pass`(severity: Severity) throws {
    let report = """
      {"Results": [{"Vulnerabilities": [
        {"VulnerabilityID": "A", "PkgName": "a", "Severity": "\(severity.rawValue.lowercased())"}]}]}
      """
    #expect(try audit(report).passes == !["CRITICAL", "HIGH"].contains(severity.rawValue))
  }

  @Test func `a severity that nobody knows is refused, for it could be the worst`() throws {
    #expect(
      throws: Report(
        "cannot audit the report: not a report of trivy as we know it",
        causes: [
          "Results[0].Vulnerabilities[0].Severity: expected one of CRITICAL, HIGH, MEDIUM, LOW, NEGLIGIBLE, "
            + "UNKNOWN, found \"DIRE\""
        ])
    ) {
      try audit(
        #"{"Results": [{"Vulnerabilities": [{"VulnerabilityID": "A", "PkgName": "a", "Severity": "DIRE"}]}]}"#
      )
    }
  }

  @Test(arguments: [
    (#"{"Results": {}}"#, "Results: expected a list, found an object"),
    (#"{"Results": ["none"]}"#, "Results[0]: expected an object, found \"none\""),
    (#"{"Results": [null]}"#, "Results[0]: expected an object, found null"),
    (
      #"{"Results": [{"Vulnerabilities": "none"}]}"#,
      "Results[0].Vulnerabilities: expected a list, found \"none\""
    ),
    (
      #"{"Results": [{"Vulnerabilities": [{"PkgName": "a"}]}]}"#,
      "Results[0].Vulnerabilities[0].VulnerabilityID: expected text, found null"
    ),
    (#"{"matches": [{}]}"#, "matches[0].vulnerability.id: expected text, found null"),
    (
      #"{"matches": [{"vulnerability": {"id": "A", "severity": "Low", "fix": "soon"}}]}"#,
      "matches[0].vulnerability.fix: expected an object, found \"soon\""
    ),
    (
      #"{"matches": [{"vulnerability": {"id": "A"}, "artifact": {"name": 7}}]}"#,
      "matches[0].artifact.name: expected text, found a number"
    ),
  ])
  func `what no scanner writes is refused with its place`(report: String, cause: String) throws {
    let error = #expect(throws: Report.self) { try audit(report) }
    #expect(error?.causes == [cause])
  }

  @Test(arguments: [
    ("", nil, "cannot audit the report: it is empty"),
    (" \n\t", VulnerabilityScanner.trivy, "cannot audit the report: it is empty"),
    ("{", nil, "cannot read the report as JSON: line 1, column 2: expected a name in quotes, found the end"),
    ("[]", nil, "cannot audit the report: expected a report of trivy or grype, found a list that is none"),
    (
      "{}", VulnerabilityScanner.trivy,
      "cannot audit the report: expected a report of trivy, found an object that is none"
    ),
    (#"{"matches": []}"#, .trivy, "cannot audit the report: expected a report of trivy, found one of grype"),
    (#"{"Results": []}"#, .grype, "cannot audit the report: expected a report of grype, found one of trivy"),
  ])
  func `what is no report of that scanner is refused`(
    report: String, scanner: VulnerabilityScanner?, message: String
  ) throws {
    let error = #expect(throws: Report.self) { try audit(report, of: scanner) }
    #expect(error?.summary == message)
  }

  @Test func `JSON has the members of an entry in their order`() throws {
    let audit = try audit(
      #"{"matches": [{"vulnerability": {"id": "A"}, "artifact": {"name": "b"}}]}"#)
    #expect(
      audit.json.rendered() == """
        [
          {
            "id": "A",
            "severity": "UNKNOWN",
            "package": "b",
            "installed_version": "",
            "fixed_version": "",
            "title": "",
            "scanner": "grype"
          }
        ]
        """)
  }
}
