import Diagnosis

/// What is wrong with an archive: its name as the caller gave it, and libarchive's words or ours.
package struct ArchiveError: Diagnosable, Equatable {
  package var archive: String
  package var problem: String
  /// "read" or "write".
  package var verb: String

  package init(_ archive: String, _ problem: String, verb: String = "read") {
    self.archive = archive
    self.problem = problem
    self.verb = verb
  }

  package var summary: String { "cannot \(verb) \(archive): \(problem)" }
}
