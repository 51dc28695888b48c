import Diagnosis

/// What is wrong with an archive: its name as the caller gave it, and libarchive's words or ours.
package struct ArchiveError: Diagnosable, Equatable {
  package var archive: String
  package var problem: String

  package init(_ archive: String, _ problem: String) {
    self.archive = archive
    self.problem = problem
  }

  package var summary: String { "cannot read \(archive): \(problem)" }
}
