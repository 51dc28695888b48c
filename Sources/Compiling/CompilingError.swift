import Diagnosis

/// Why something cannot be compiled.
package struct CompilingError: Diagnosable, Equatable {
  package var summary: String
  package var causes: [String]
  package var hints: [String]

  package init(_ summary: String, causes: [String] = [], hints: [String] = []) {
    self.summary = summary
    self.causes = causes
    self.hints = hints
  }
}
