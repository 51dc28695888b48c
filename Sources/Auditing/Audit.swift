import Json

/// What one report says.
package struct Audit: Sendable, Equatable {
  package var scanner: VulnerabilityScanner
  /// In the report's order.
  package var vulnerabilities: [Vulnerability]

  package init(scanner: VulnerabilityScanner, vulnerabilities: [Vulnerability]) {
    self.scanner = scanner
    self.vulnerabilities = vulnerabilities
  }

  package var passes: Bool { !vulnerabilities.contains { $0.severity.isGrave } }

  /// How many there are of each severity, worst first, without those of which there are none.
  package var counts: [(severity: Severity, count: Int)] {
    Severity.allCases.compactMap { severity in
      let count = vulnerabilities.count { $0.severity == severity }
      return count == 0 ? nil : (severity, count)
    }
  }

  /// Worst first, otherwise in the report's order.
  package var bySeverity: [Vulnerability] {
    Severity.allCases.flatMap { severity in vulnerabilities.filter { $0.severity == severity } }
  }

  package var json: JSONText {
    .array(
      vulnerabilities.map {
        .object([
          ("id", .string($0.id)),
          ("severity", .string($0.severity.rawValue)),
          ("package", .string($0.package)),
          ("installed_version", .string($0.installedVersion)),
          ("fixed_version", .string($0.fixedVersion)),
          ("title", .string($0.title)),
          ("scanner", .string($0.scanner.rawValue)),
        ])
      })
  }
}
