import Diagnosis
import FileTree

/// A kept state of a tree: every entry with what an image has of it, and where the contents lie in the
/// layer's pack. It has no owners, modes or attributes of files of the host to lose: a copy of its two
/// files is as good as they are.
package struct Layer: Sendable, Equatable {
  /// Canonical.
  package var entries: [FileEntry]
  /// By index of the entry; nil for what is no regular file, or an empty one.
  package var contents: [PackedContent?]
  /// Bytes of the pack.
  package var packSize: Int64

  package init(entries: [FileEntry], contents: [PackedContent?], packSize: Int64) {
    precondition(entries.count == contents.count, "a content for each entry")
    self.entries = entries
    self.contents = contents
    self.packSize = packSize
  }

  /// What is known of the contents, by path.
  package var known: [TreePath: PackedContent] {
    var known = [TreePath: PackedContent](minimumCapacity: entries.count)
    for (entry, content) in zip(entries, contents) {
      if let content { known[entry.path] = content }
    }
    return known
  }
}

/// A layer that is not what was kept, or that cannot be kept.
package struct LayerError: Diagnosable, Equatable {
  package var summary: String

  package init(_ summary: String) { self.summary = summary }
}

/// The contents of a layer's files, out of its pack.
package struct PackContents: FileContents {
  private let descriptor: CInt
  private let known: [TreePath: PackedContent]

  /// `descriptor` stays the caller's, open for as long as this value is used.
  package init(pack descriptor: CInt, of known: [TreePath: PackedContent]) {
    self.descriptor = descriptor
    self.known = known
  }

  /// Good for the first piece only: who reads beyond asks at each piece.
  package func withContent<R>(of entry: FileEntry, _ body: (CInt, Int64) throws -> R) throws -> R {
    try withContent(of: entry, at: 0, body)
  }

  package func withContent<R>(
    of entry: FileEntry, at position: Int64, _ body: (CInt, Int64) throws -> R
  ) throws -> R {
    guard let piece = known[entry.path]?.pieces.first(where: { $0.start <= position && position < $0.end })
    else { throw LayerError("cannot read \(entry.path): its layer has nothing at byte \(position)") }
    return try body(descriptor, piece.place + position - piece.start)
  }
}
