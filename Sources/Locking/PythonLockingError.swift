import Diagnosis

/// Why Python packages cannot be resolved to exact wheels.
package struct PythonLockingError: Diagnosable, Equatable {
  package var summary: String
  package var causes: [String]
  package var hints: [String]

  package init(_ summary: String, causes: [String] = [], hints: [String] = []) {
    self.summary = summary
    self.causes = causes
    self.hints = hints
  }
}
