import CExt2fs

/// The checksums of `metadata_csum`: crc32c, seeded with the file system's UUID. Inode generations,
/// which some of them read, are 0 everywhere. Computed here and not by libext2fs's functions on a
/// file system because these may run on any thread, and read no inode back.
struct Checksum: Sendable {
  private let seed: UInt32

  init(uuid: [UInt8]) { seed = ext2fs_crc32c_le(~0, uuid, uuid.count) }

  private func crc(_ start: UInt32, _ bytes: UnsafeMutableRawBufferPointer, _ count: Int) -> UInt32 {
    ext2fs_crc32c_le(start, bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), count)
  }

  private func crc<Value: FixedWidthInteger>(_ start: UInt32, _ value: Value) -> UInt32 {
    withUnsafeBytes(of: value.littleEndian) {
      ext2fs_crc32c_le(start, $0.baseAddress!.assumingMemoryBound(to: UInt8.self), $0.count)
    }
  }

  private func seed(of inode: UInt32) -> UInt32 { crc(crc(seed, inode), UInt32(0)) }

  /// Of a directory block: all of it but the 12 bytes of its tail.
  func directoryBlock(_ block: UnsafeMutableRawBufferPointer, inode: UInt32) -> UInt32 {
    crc(seed(of: inode), block, blockSize - 12)
  }

  /// Of an index block whose `count` entries begin at `offset`; the tail counts with its checksum zero.
  func indexBlock(
    _ block: UnsafeMutableRawBufferPointer, inode: UInt32, entries offset: Int, count: Int
  ) -> UInt32 {
    crc(crc(seed(of: inode), block, offset + count * 8), UInt64(0))
  }

  /// Of a block of an extent tree: all of it but the checksum at its end.
  func extentBlock(_ block: UnsafeMutableRawBufferPointer, inode: UInt32) -> UInt32 {
    crc(seed(of: inode), block, blockSize - 4)
  }

  /// Of a block of extended attributes that lies at `number`, its checksum zero.
  func attributeBlock(_ block: UnsafeMutableRawBufferPointer, at number: UInt32) -> UInt32 {
    crc(crc(seed, UInt64(number)), block, blockSize)
  }

  /// Of an inode whose checksum fields are zero.
  func inode(_ record: UnsafeMutableRawBufferPointer, number: UInt32) -> UInt32 {
    crc(seed(of: number), record, Geometry.inodeSize)
  }
}
