import Glibc

/// Learns of a content, while it passes by, all that a later look would have to read it for.
///
/// A hole is a maximal run of at least 16 blocks (64 KiB) of the file that hold only zeros, the last
/// block counted as if filled up with zeros. The rule looks at nothing but content: it does not matter whether
/// a file system has holes there. Shorter runs count as data.
package struct ContentExamination: ~Copyable {
  package static let blockSize: Int64 = 4096
  package static let shortestHole: Int64 = 16

  private var hasher = Digest.Hasher()
  private var size: Int64 = 0
  /// Blocks of data, as ranges that do not touch.
  private var data: [Range<Int64>] = []
  /// Whether the block that has begun holds zeros only.
  private var isZero = true

  package init() {}

  /// The next bytes.
  package mutating func update(_ piece: UnsafeRawBufferPointer) {
    hasher.update(piece)
    var rest = piece
    while !rest.isEmpty {
      let room = Int(ContentExamination.blockSize - size % ContentExamination.blockSize)
      let part = rest.prefix(room)
      if isZero { isZero = ContentExamination.isZero(UnsafeRawBufferPointer(rebasing: part)) }
      size += Int64(part.count)
      if part.count == room { endBlock() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
    }
  }

  private mutating func endBlock() {
    let block = (size - 1) / ContentExamination.blockSize
    if !isZero { add(block..<block + 1) }
    isZero = true
  }

  /// Blocks of data that follow those known; what lies between is filled up unless it is a hole.
  private mutating func add(_ blocks: Range<Int64>) {
    let end = data.last?.upperBound ?? 0
    if blocks.lowerBound - end >= ContentExamination.shortestHole {
      data.append(blocks)
    } else if data.isEmpty {
      data.append(0..<blocks.upperBound)
    } else {
      data[data.count - 1] = data[data.count - 1].lowerBound..<blocks.upperBound
    }
  }

  /// The content has ended. Its pieces have no place yet.
  package consuming func finish() -> PackedContent {
    if size % ContentExamination.blockSize != 0 { endBlock() }
    let (size, blocks) = (size, (size + ContentExamination.blockSize - 1) / ContentExamination.blockSize)
    // A short run at the end is data, too.
    if blocks > (data.last?.upperBound ?? 0) && blocks - (data.last?.upperBound ?? 0) < Self.shortestHole {
      add(blocks..<blocks)
    }
    let pieces = data.map { range in
      let start = range.lowerBound * Self.blockSize
      return PackedContent.Piece(
        start: start, place: 0, count: min(range.upperBound * Self.blockSize, size) - start)
    }
    return PackedContent(digest: hasher.finish(), pieces: pieces)
  }

  private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes[0] == 0 && memcmp(bytes.baseAddress!, bytes.baseAddress! + 1, bytes.count - 1) == 0
  }
}
