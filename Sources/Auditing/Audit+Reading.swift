import Diagnosis
import Json

extension Audit {
  /// Reads a report of `scanner`, or of whichever one wrote it. `name` is what errors call it. Anything
  /// that is not such a report is refused: one that cannot be understood must not pass.
  package init(
    reading report: some Collection<UInt8>, named name: String, of scanner: VulnerabilityScanner? = nil
  )
    throws(Report)
  {
    if report.allSatisfy({ $0 == 32 || (9...13).contains($0) }) {
      throw Report("cannot audit \(name): it is empty", hints: Audit.hints(for: scanner))
    }
    let document = try JSONValue(parsing: report, named: name)
    let writer = Audit.writer(of: document)
    guard let writer, scanner == nil || scanner == writer else {
      let wanted = scanner?.rawValue ?? "trivy or grype"
      throw Report(
        "cannot audit \(name): expected a report of \(wanted), found "
          + (writer.map { "one of \($0.rawValue)" } ?? "\(document.kind) that is none"),
        hints: writer.map { ["name the scanner: --scanner \($0.rawValue)"] } ?? Audit.hints(for: scanner))
    }
    do throws(ReportMismatch) {
      let root = ReportNode(document)
      self.init(
        scanner: writer, vulnerabilities: writer == .trivy ? try root.trivyFindings : try root.grypeFindings)
    } catch {
      throw Report(
        "cannot audit \(name): not a report of \(writer.rawValue) as we know it",
        causes: ["\(error.path): expected \(error.expected), found \(error.found)"])
    }
  }

  /// Trivy leaves `Results` out when it has looked at nothing.
  private static func writer(of document: JSONValue) -> VulnerabilityScanner? {
    if document["matches"] != nil { return .grype }
    return document["Results"] != nil || document["SchemaVersion"] != nil ? .trivy : nil
  }

  private static func hints(for scanner: VulnerabilityScanner?) -> [String] {
    let commands = [
      VulnerabilityScanner.trivy: "trivy rootfs --format json DIR", .grype: "grype dir:DIR --output json",
    ]
    return VulnerabilityScanner.allCases.filter { scanner == nil || scanner == $0 }.map {
      "\(commands[$0]!) | capsem-native audit --scanner \($0.rawValue)"
    }
  }
}

extension ReportNode {
  /// `Results[].Vulnerabilities[]`
  fileprivate var trivyFindings: [Vulnerability] {
    get throws(ReportMismatch) {
      var findings: [Vulnerability] = []
      for result in try self["Results"].objects {
        for entry in try result["Vulnerabilities"].objects {
          findings.append(
            Vulnerability(
              id: try entry["VulnerabilityID"].text, severity: try entry["Severity"].severity,
              package: try entry["PkgName"].text,
              installedVersion: try entry["InstalledVersion"].optionalText,
              fixedVersion: try entry["FixedVersion"].optionalText,
              title: try entry["Title"].optionalText, scanner: .trivy))
        }
      }
      return findings
    }
  }

  /// `matches[]`
  fileprivate var grypeFindings: [Vulnerability] {
    get throws(ReportMismatch) {
      var findings: [Vulnerability] = []
      for match in try self["matches"].objects {
        let entry = try match["vulnerability"]
        let fix = try entry["fix"]
        var fixed: [String] = []
        // Of a "wont-fix" or "not-fixed", versions say nothing that could be installed.
        if try fix["state"].optionalText == "fixed" {
          for version in try fix["versions"].elements { fixed.append(try version.text) }
        }
        findings.append(
          Vulnerability(
            id: try entry["id"].text, severity: try entry["severity"].severity,
            package: try match["artifact"]["name"].text,
            installedVersion: try match["artifact"]["version"].optionalText,
            fixedVersion: fixed.joined(separator: ", "), scanner: .grype))
      }
      return findings
    }
  }

  private var severity: Severity {
    get throws(ReportMismatch) {
      if isAbsent { return .unknown }
      // An unknown word could stand for the worst.
      guard let severity = Severity(rawValue: try text.uppercased()) else {
        throw mismatch("one of " + Severity.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return severity
    }
  }
}
