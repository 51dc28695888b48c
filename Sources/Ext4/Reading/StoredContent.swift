import FileTree
import Glibc

/// The content of one inode. Reading it needs nothing but the image's bytes: several threads may read
/// several contents at once.
struct StoredContent: Sendable {
  let size: UInt64
  private let place: Place
  private let medium: Medium
  private let bytesPerBlock: UInt64

  private enum Place: Sendable {
    case inode([UInt8])
    case blocks([BlockRun])
  }

  init(of inode: StoredInode, in image: Ext4FileSystem) throws(Damage) {
    let size = try inode.size()
    self.size = UInt64(size)
    medium = image.medium
    bytesPerBlock = UInt64(image.bytesPerBlock)
    if inode.flags & StoredInode.Flag.inlineData != 0 {
      let bytes = inode.bytes[StoredInode.place] + (try StoredAttributes(of: inode, in: image).inlineData)
      guard size <= bytes.count else {
        throw Damage("it has \(size) bytes, and its inode \(bytes.count) of them")
      }
      place = .inode(Array(bytes.prefix(Int(size))))
    } else {
      // Blocks are counted in 32 bits (EXT_MAX_BLOCKS).
      guard self.size <= UInt64(UInt32.max) * bytesPerBlock else { throw Damage("its size is \(size) bytes") }
      place = .blocks(try BlockRuns.of(inode, size: size, in: image))
    }
  }

  /// The whole blocks that `size` fills, one after another; a directory has no holes.
  func denseBlocks() throws(Damage) -> [UInt64] {
    guard case .blocks(let runs) = place else { return [] }
    let count = size / bytesPerBlock
    var blocks: [UInt64] = []
    for run in runs {
      for index in 0..<run.count where UInt64(blocks.count) < count {
        guard run.logical + index == UInt64(blocks.count) else { throw Damage("it has a hole") }
        blocks.append(run.physical + index)
      }
    }
    guard size % bytesPerBlock == 0, UInt64(blocks.count) == count else {
      throw Damage("it has \(size) bytes and \(blocks.count) blocks of \(bytesPerBlock)")
    }
    return blocks
  }

  /// Fills `buffer` from byte `offset` on, holes with zeros, and returns how many bytes there were: fewer
  /// than `buffer` has room for only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(Damage) -> Int {
    guard offset < size, buffer.count > 0 else { return 0 }
    let end = min(size, offset + UInt64(buffer.count))
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(end - offset)])
    switch place {
    case .inode(let content): bytes.copyBytes(from: content[Int(offset)..<Int(end)])
    case .blocks(let runs):
      var done = offset
      var index = runs.firstIndex(endingBehind: offset / bytesPerBlock)
      while done < end {
        let run = index < runs.count ? runs[index] : nil
        let start = min(end, max(done, run.map { $0.logical * bytesPerBlock } ?? end))
        memset(bytes.baseAddress! + Int(done - offset), 0, Int(start - done))
        guard let run, start < end else { break }
        done = min(end, run.end * bytesPerBlock)
        try medium.read(
          UnsafeMutableRawBufferPointer(rebasing: bytes[Int(start - offset)..<Int(done - offset)]),
          at: run.physical * bytesPerBlock + (start - run.logical * bytesPerBlock))
        index += 1
      }
    }
    return bytes.count
  }

  /// All of it, which is at most `limit` bytes.
  func bytes(atMost limit: Int) throws(Damage) -> [UInt8] {
    guard size <= UInt64(limit) else {
      throw Damage("it has \(size) bytes, and no more than \(limit) are expected", hints: [])
    }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    var failure: Damage?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(Damage) { _ = try read(into: buffer, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  func digest() throws(Damage) -> Digest {
    let capacity = Int(min(max(1, size), 1 << 20))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 4096)
    defer { buffer.deallocate() }
    var hasher = Digest.Hasher()
    var done: UInt64 = 0
    while done < size {
      let count = try read(into: buffer, at: done)
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      done += UInt64(count)
    }
    return hasher.finish()
  }
}

extension [BlockRun] {
  /// The first run that ends behind the block `logical` of the file.
  fileprivate func firstIndex(endingBehind logical: UInt64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].end > logical { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
