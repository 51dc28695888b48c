/// What is known of a regular file's content that is not empty: its digest, and where its data lies in a
/// larger file, the pack. Between the pieces, and behind the last one, it has holes.
package struct PackedContent: Sendable, Equatable {
  package var digest: Digest
  /// In order, not overlapping. Each begins at a multiple of 4096 bytes of the file.
  package var pieces: [Piece]

  /// Adjacent bytes of a file, adjacent in the pack, too.
  package struct Piece: Sendable, Equatable {
    /// Byte of the file.
    package var start: Int64
    /// Byte of the pack; meaningless where no pack is spoken of.
    package var place: Int64
    package var count: Int64

    package init(start: Int64, place: Int64, count: Int64) {
      self.start = start
      self.place = place
      self.count = count
    }

    package var end: Int64 { start + count }
  }

  package init(digest: Digest, pieces: [Piece]) {
    self.digest = digest
    self.pieces = pieces
  }
}
