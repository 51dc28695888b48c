import Diagnosis

/// One look at the host: a verdict, what it rests on, and what to do about it.
package struct Check: Sendable, Equatable {
  package var section: Section
  package var verdict: Verdict
  /// The evidence, in one line.
  package var detail: String
  package var causes: [String]
  /// One remedy each, as a command where there is one.
  package var fixes: [String]

  package enum Verdict: String, Sendable {
    case pass = "PASS"
    /// A build may do without.
    case warn = "WARN"
    /// No build succeeds like this.
    case fail = "FAIL"
  }

  /// In the order in which they are shown.
  package enum Section: String, Sendable, CaseIterable {
    case host = "Host"
    case libraries = "Libraries"
    case tools = "Build Tools"
    case namespaces = "Namespaces"
    case storage = "Storage"
    case network = "Network"
    case configuration = "Guest Config"
    case sources = "Source Files"
  }

  package init(
    _ section: Section, _ verdict: Verdict, _ detail: String, causes: [String] = [], fixes: [String] = []
  ) {
    self.section = section
    self.verdict = verdict
    self.detail = detail
    self.causes = causes
    self.fixes = fixes
  }

  init(_ section: Section, _ verdict: Verdict, _ report: Report) {
    self.init(section, verdict, report.summary, causes: report.causes, fixes: report.hints)
  }

  init(_ section: Section, _ attempt: Attempt, otherwise verdict: Verdict = .fail) {
    switch attempt {
    case .success(let evidence): self.init(section, .pass, evidence)
    case .failure(let report): self.init(section, verdict, report)
    }
  }
}
