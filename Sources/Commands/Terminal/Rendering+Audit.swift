import Auditing
import Diagnosis

extension Rendering {
  /// ```
  /// Scanner: trivy
  /// Vulnerabilities: 2
  ///   CRITICAL: 1
  ///   LOW: 1
  ///
  /// CRITICAL  CVE-2026-1234  libfoo1 1.0-1, fixed in 1.0-2: reads beyond its buffer
  /// LOW       CVE-2026-1235  bar 2:3.1-4
  /// ```
  static func audit(_ audit: Audit) -> String {
    var text = "Scanner: \(audit.scanner.rawValue)\nVulnerabilities: \(audit.vulnerabilities.count)\n"
    for (severity, count) in audit.counts { text += "  \(severity.rawValue): \(count)\n" }
    let width = audit.counts.map { $0.severity.rawValue.count }.max() ?? 0
    for (number, finding) in audit.bySeverity.enumerated() {
      if number == 0 { text += "\n" }
      let severity = finding.severity.rawValue
      var line = severity + String(repeating: " ", count: width - severity.count)
      line += "  \(finding.id)  \(finding.package)"
      if !finding.installedVersion.isEmpty { line += " \(finding.installedVersion)" }
      if !finding.fixedVersion.isEmpty { line += ", fixed in \(finding.fixedVersion)" }
      if !finding.title.isEmpty { line += ": \(finding.title)" }
      text += line.harmlessLine + "\n"
    }
    return text
  }
}
