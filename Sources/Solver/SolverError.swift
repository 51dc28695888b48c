import Diagnosis

/// Why there is no solution. It crosses from the child process as it is.
package struct SolverError: Diagnosable, Codable, Equatable {
  package enum Code: String, Sendable, Codable {
    /// The request cannot be read, or asks for another architecture.
    case invalidRequest
    /// Two requests rule each other out, whatever the sources have.
    case conflictingRequests
    case unknownPackage, unknownVersion, unknownRelease
    /// Only provided by others, and by more than one or by none.
    case virtualPackage
    /// Pin priorities forbid every version.
    case noCandidate
    case unsatisfiable
    case missingIndex
    /// libapt-pkg passed over an index, which it does without a word.
    case unreadIndex
    case noEssentialPackages
    /// What libapt-pkg itself complains about.
    case library
  }

  package var code: Code
  /// The request or package at fault.
  package var subject: String
  package var cause: String
  package var causes: [String]
  package var hints: [String]

  package init(
    _ code: Code, _ subject: String, _ cause: String, causes: [String] = [], hints: [String] = []
  ) {
    self.code = code
    self.subject = subject
    self.cause = cause
    self.causes = causes
    self.hints = hints
  }

  package var summary: String { "cannot \(verb) \(subject): \(cause)" }

  private var verb: String {
    switch code {
    case .missingIndex, .unreadIndex: "read"
    default: "resolve"
    }
  }
}
