import Diagnosis

/// Why something that a config asks for cannot be resolved to exact files.
package struct LockingError: Diagnosable, Equatable {
  package var summary: String
  package var causes: [String]
  package var hints: [String]

  package init(_ summary: String, causes: [String] = [], hints: [String] = []) {
    self.summary = summary
    self.causes = causes
    self.hints = hints
  }
}
