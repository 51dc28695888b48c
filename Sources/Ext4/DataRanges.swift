import Diagnosis
import FileTree
import Glibc

/// Which blocks of each file's content are worth a place in the image; the others are holes, and each costs an
/// extent, of which four fit into the inode. `ContentExamination` has the rule.
package struct DataRanges: Sendable {
  /// By index of the entry; an entry without one is all data.
  private var sparse: [Int: [BlockRange]]

  /// Every file is all data.
  package static let dense = DataRanges(sparse: [:])

  private init(sparse: [Int: [BlockRange]]) { self.sparse = sparse }

  /// As the pieces of each content say, by index.
  package init(_ entries: [FileEntry], contents: [PackedContent?]) {
    sparse = [:]
    for (index, content) in contents.enumerated() {
      guard let content, wholeBlocks(of: entries[index].size) <= Int64(UInt32.max) else { continue }
      let ranges = content.pieces.map {
        BlockRange(
          start: UInt32($0.start / Int64(blockSize)), count: UInt32(wholeBlocks(of: $0.count)))
      }
      let whole = wholeBlocks(of: entries[index].size)
      if ranges.reduce(0, { $0 + Int64($1.count) }) != whole { sparse[index] = ranges }
    }
  }

  func data(of index: Int, blocks: UInt32) -> [BlockRange] {
    sparse[index] ?? (blocks == 0 ? [] : [BlockRange(start: 0, count: blocks)])
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
