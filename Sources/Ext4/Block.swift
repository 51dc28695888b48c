/// The block size of every image: the page size of the machines it runs on.
let blockSize = 4096

/// Blocks that `bytes` fill, the last one perhaps in part.
func wholeBlocks(of bytes: Int64) -> Int64 { (bytes + Int64(blockSize) - 1) / Int64(blockSize) }

/// Adjacent blocks, of a device or of a file.
struct BlockRange: Sendable, Equatable {
  var start: UInt32
  var count: UInt32

  var end: UInt32 { start + count }
  /// Byte offset of the first block.
  var offset: Int64 { Int64(start) * Int64(blockSize) }
}

extension UnsafeMutableRawBufferPointer {
  /// Stores `value` as ext4 does, little-endian, at a byte offset that need not be aligned.
  func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
  }

  func put(_ bytes: some Collection<UInt8>, at offset: Int) {
    UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + bytes.count]).copyBytes(from: bytes)
  }

  /// The bytes of one block of a buffer of blocks.
  func block(_ index: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[index * blockSize..<(index + 1) * blockSize])
  }
}
