import Diagnosis
import FileTree

/// An entry of an archive that could not be made in a tree.
package struct EntryFailure: Diagnosable {
  /// What errors call the archive.
  package var archive: String
  package var entry: TreePath
  package var cause: SystemFailure

  package init(_ archive: String, _ entry: TreePath, _ cause: SystemFailure) {
    self.archive = archive
    self.entry = entry
    self.cause = cause
  }

  package var summary: String { "cannot unpack \(entry) of \(archive): \(cause.summary)" }
  package var hints: [String] { cause.hints }
}
