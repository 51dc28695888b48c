import CLinux
import Diagnosis
import FileTree
import Glibc

/// Which blocks of each file's content are worth a place in the image; the others are holes.
///
/// A hole is a maximal run of at least 16 blocks (64 KiB) of the file that hold only zeros, the last
/// block counted as if filled up with zeros. The rule looks at nothing but content: a file has the
/// same extents whether or not the file system it is read from had holes there. Shorter runs are
/// written, for each hole costs an extent, and four fit into the inode.
package struct DataRanges: Sendable {
  static let shortestHole: UInt32 = 16

  /// By index of the entry; an entry without one is all data.
  private var sparse: [Int: [BlockRange]]

  /// Every file is all data: nothing is read.
  package static let dense = DataRanges(sparse: [:])

  private init(sparse: [Int: [BlockRange]]) { self.sparse = sparse }

  func data(of index: Int, blocks: UInt32) -> [BlockRange] {
    sparse[index] ?? (blocks == 0 ? [] : [BlockRange(start: 0, count: blocks)])
  }

  /// A part of a file that one thread looks at.
  private struct Piece: Sendable {
    var entry: Int
    var blocks: BlockRange
  }

  /// Looks for holes in every file that can have one, on `threads` threads. What the host's file system
  /// reports as a hole (SEEK_DATA) is zeros without reading it. Of `known` files, by index, nothing is read:
  /// their pieces are what an earlier scan found, as `pieces` tells it.
  package static func scan(
    _ entries: [FileEntry], contents: some FileContents, known: [Int: PackedContent] = [:], threads: Int
  ) throws -> DataRanges {
    let step: Int64 = 8192
    var pieces: [Piece] = []
    var groups: Set<Int> = []
    for (index, entry) in entries.enumerated() where entry.kind == .file && known[index] == nil {
      // The names after the first of a hard-link group have no content of their own.
      if let group = entry.hardLinkGroup, !groups.insert(group).inserted { continue }
      let count = wholeBlocks(of: entry.size)
      if count < Int64(shortestHole) || count > Int64(UInt32.max) { continue }
      for start in stride(from: 0, to: count, by: Int(step)) {
        let length = min(step, count - start)
        pieces.append(Piece(entry: index, blocks: BlockRange(start: UInt32(start), count: UInt32(length))))
      }
    }
    let work = pieces
    let zeros = try Parallel.map(work.count, threads: threads) { position in
      let piece = work[position]
      return try contents.withContent(of: entries[piece.entry]) { descriptor, offset in
        try zeroRuns(in: piece.blocks, of: entries[piece.entry], descriptor, offset)
      }
    }
    var runs: [Int: [BlockRange]] = [:]
    for (piece, found) in zip(work, zeros) {
      for run in found {
        if let last = runs[piece.entry]?.last, last.end == run.start {
          runs[piece.entry]![runs[piece.entry]!.count - 1].count += run.count
        } else {
          runs[piece.entry, default: []].append(run)
        }
      }
    }
    var sparse: [Int: [BlockRange]] = [:]
    for (index, runs) in runs {
      let holes = runs.filter { $0.count >= shortestHole }
      if !holes.isEmpty {
        sparse[index] = complement(of: holes, blocks: UInt32(wholeBlocks(of: entries[index].size)))
      }
    }
    for (index, content) in known {
      let ranges = content.pieces.map {
        BlockRange(
          start: UInt32($0.start / Int64(blockSize)), count: UInt32(wholeBlocks(of: $0.count)))
      }
      let whole = wholeBlocks(of: entries[index].size)
      if ranges.reduce(0, { $0 + Int64($1.count) }) != whole { sparse[index] = ranges }
    }
    return DataRanges(sparse: sparse)
  }

  /// The data of the file at `index`, `size` bytes long, as bytes.
  package func pieces(of index: Int, size: Int64) -> [PackedContent.Piece] {
    data(of: index, blocks: UInt32(wholeBlocks(of: size))).map { range in
      PackedContent.Piece(
        start: range.offset, place: 0,
        count: min(Int64(range.count) * Int64(blockSize), size - range.offset))
    }
  }

  private static func complement(of holes: [BlockRange], blocks: UInt32) -> [BlockRange] {
    var data: [BlockRange] = []
    var position: UInt32 = 0
    for hole in holes + [BlockRange(start: blocks, count: 0)] {
      if hole.start > position { data.append(BlockRange(start: position, count: hole.start - position)) }
      position = hole.end
    }
    return data
  }

  /// Maximal runs of zero blocks within `range`, however short.
  private static func zeroRuns(
    in range: BlockRange, of entry: FileEntry, _ descriptor: CInt, _ offset: Int64
  ) throws -> [BlockRange] {
    let capacity = 64
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity * blockSize, alignment: blockSize)
    defer { buffer.deallocate() }
    var runs: [BlockRange] = []
    func add(_ start: UInt32, _ count: UInt32) {
      if count == 0 { return }
      if let last = runs.last, last.end == start {
        runs[runs.count - 1].count += count
      } else {
        runs.append(BlockRange(start: start, count: count))
      }
    }
    var block = range.start
    while block < range.end {
      let data = try nextData(from: block, before: range.end, entry, descriptor, offset)
      add(block, data.start - block)
      block = data.start
      while block < data.end {
        let count = min(UInt32(capacity), data.end - block)
        try read(BlockRange(start: block, count: count), of: entry, descriptor, offset, into: buffer)
        for index in 0..<count where isZero(buffer.block(Int(index))) { add(block + index, 1) }
        block += count
      }
    }
    return runs
  }

  /// The next blocks in which the host's file system has data; empty at `end` if there are none.
  private static func nextData(
    from block: UInt32, before end: UInt32, _ entry: FileEntry, _ descriptor: CInt, _ offset: Int64
  ) throws -> BlockRange {
    let size = Int64(blockSize)
    // The position of the descriptor is nobody's: content is read with pread only.
    let start = lseek(descriptor, off_t(offset + Int64(block) * size), CLINUX_SEEK_DATA)
    if start < 0 {
      if errno == ENXIO { return BlockRange(start: end, count: 0) }
      // A file system that cannot tell: all of it is data.
      if errno == EINVAL || errno == EOPNOTSUPP { return BlockRange(start: block, count: end - block) }
      throw SystemFailure("read", "\(entry.path)")
    }
    let first = max(Int64(block), (Int64(start) - offset) / size)
    if first >= Int64(end) { return BlockRange(start: end, count: 0) }
    let hole = try system("read", "\(entry.path)") { lseek(descriptor, start, CLINUX_SEEK_HOLE) }
    let last = min(Int64(end), wholeBlocks(of: Int64(hole) - offset))
    return BlockRange(start: UInt32(first), count: UInt32(max(1, last - first)))
  }

  private static func isZero(_ block: UnsafeMutableRawBufferPointer) -> Bool {
    block[0] == 0 && memcmp(block.baseAddress!, block.baseAddress! + 1, block.count - 1) == 0
  }
}

/// Reads blocks of a file's content, filling up the last one with zeros.
func read(
  _ range: BlockRange, of entry: FileEntry, _ descriptor: CInt, _ offset: Int64,
  into buffer: UnsafeMutableRawBufferPointer
) throws {
  let count = Int(min(Int64(range.count) * Int64(blockSize), entry.size - range.offset))
  var done = 0
  while done < count {
    let got = try system("read", "\(entry.path)") {
      pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + range.offset) + off_t(done))
    }
    if got == 0 {
      throw ContentChanged(path: entry.path, expected: entry.size, found: range.offset + Int64(done))
    }
    done += got
  }
  memset(buffer.baseAddress! + count, 0, Int(range.count) * blockSize - count)
}
