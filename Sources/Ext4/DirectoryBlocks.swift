/// The bytes of a directory's blocks: `ext4_dir_entry_2`, `dx_root`, `dx_node` and their tails, as
/// Documentation/filesystems/ext4 describes them.
extension Directory {
  private static let directoryType: UInt8 = 2
  private static let tailMark: UInt8 = 0xde
  private static let dot = [UInt8(ascii: ".")][...]
  private static let dotDot = Array("..".utf8)[...]

  /// Writes all blocks to `bytes`, which are zero.
  func put(in bytes: UnsafeMutableRawBufferPointer, _ checksum: Checksum) {
    let own = [
      DirectoryEntry(name: Directory.dot, inode: inode, type: Directory.directoryType),
      DirectoryEntry(name: Directory.dotDot, inode: parent, type: Directory.directoryType),
    ]
    guard isIndexed else {
      putEntries((own + entries)[...], in: bytes.block(0), checksum)
      return
    }
    putRoot(own, in: bytes.block(0), checksum)
    for node in 0..<nodes {
      let start = node * Directory.nodeLimit
      let range = start..<min(leaves.count, start + Directory.nodeLimit)
      let block = bytes.block(1 + node)
      block.put(UInt16(blockSize), at: 4)
      let pointers = range.map { (leaves[$0].hash, UInt32(1 + nodes + $0)) }
      putIndex(pointers, limit: Directory.nodeLimit, at: 8, in: block, checksum)
    }
    for (index, leaf) in leaves.enumerated() {
      let end = index + 1 < leaves.count ? leaves[index + 1].first : entries.count
      putEntries(entries[leaf.first..<end], in: bytes.block(1 + nodes + index), checksum)
    }
  }

  /// Entries one after another, the last one stretched over what is left, then the tail.
  private func putEntries(
    _ entries: ArraySlice<DirectoryEntry>, in block: UnsafeMutableRawBufferPointer, _ checksum: Checksum
  ) {
    var offset = 0
    for (index, entry) in zip(entries.indices, entries) {
      let length =
        index == entries.endIndex - 1
        ? Directory.capacity - offset : DirectoryEntry.length(of: entry.name.count)
      put(entry, length: length, at: offset, in: block)
      offset += length
    }
    block.put(UInt16(12), at: Directory.capacity + 4)
    block.put(Directory.tailMark, at: Directory.capacity + 7)
    block.put(checksum.directoryBlock(block, inode: inode), at: Directory.capacity + 8)
  }

  private func put(
    _ entry: DirectoryEntry, length: Int, at offset: Int, in block: UnsafeMutableRawBufferPointer
  ) {
    block.put(entry.inode, at: offset)
    block.put(UInt16(length), at: offset + 4)
    block.put(UInt8(entry.name.count), at: offset + 6)
    block.put(entry.type, at: offset + 7)
    block.put(entry.name, at: offset + 8)
  }

  private func putRoot(
    _ own: [DirectoryEntry], in block: UnsafeMutableRawBufferPointer, _ checksum: Checksum
  ) {
    put(own[0], length: 12, at: 0, in: block)
    // To a reader without indexes, `..` covers the rest of the block.
    put(own[1], length: blockSize - 12, at: 12, in: block)
    // dx_root_info: reserved, hash_version, info_length, indirect_levels, unused_flags.
    block.put(halfMD4, at: 28)
    block.put(UInt8(8), at: 29)
    block.put(UInt8(nodes == 0 ? 0 : 1), at: 30)
    let pointers: [(UInt32, UInt32)] =
      nodes == 0
      ? leaves.enumerated().map { ($1.hash, UInt32(1 + $0)) }
      : (0..<nodes).map { (leaves[$0 * Directory.nodeLimit].hash, UInt32(1 + $0)) }
    putIndex(pointers, limit: Directory.rootLimit, at: 32, in: block, checksum)
  }

  /// `dx_entry` after `dx_entry`: hash and block. In place of the first one's hash, below which there is
  /// nothing, stands how many there are and can be.
  private func putIndex(
    _ pointers: [(hash: UInt32, block: UInt32)], limit: Int, at offset: Int,
    in block: UnsafeMutableRawBufferPointer, _ checksum: Checksum
  ) {
    for (index, pointer) in pointers.enumerated() {
      block.put(pointer.hash, at: offset + index * 8)
      block.put(pointer.block, at: offset + index * 8 + 4)
    }
    block.put(UInt16(limit), at: offset)
    block.put(UInt16(pointers.count), at: offset + 2)
    block.put(
      checksum.indexBlock(block, inode: inode, entries: offset, count: pointers.count),
      at: offset + limit * 8 + 4)
  }
}
