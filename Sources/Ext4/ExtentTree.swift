/// One run of a file's blocks that lie together in the image: `ext4_extent`.
struct Extent: Sendable, Equatable {
  /// First block of the file.
  var logical: UInt32
  /// First block of the file system.
  var physical: UInt32
  /// At most 32768: the top bit of the 16 that hold it says "not initialised".
  var count: UInt32

  static let longest: UInt32 = 32768

  /// The extents that map a file's `data`, whose blocks lie one after another from `start`.
  static func mapping(_ data: [BlockRange], from start: UInt32) -> [Extent] {
    var extents: [Extent] = []
    var physical = start
    for range in data {
      var logical = range.start
      while logical < range.end {
        let count = min(longest, range.end - logical)
        extents.append(Extent(logical: logical, physical: physical, count: count))
        logical += count
        physical += count
      }
    }
    return extents
  }

  /// How many extents `mapping` makes.
  static func count(for data: [BlockRange]) -> Int {
    data.reduce(0) { $0 + (Int($1.count) + Int(longest) - 1) / Int(longest) }
  }
}

/// The tree of a file's extents: its root lies in the inode and has room for four; what does not fit
/// is in blocks of 340, as many levels as it takes. Blocks are filled from the left, so the tree is as
/// narrow and as low as can be; e2fsck would remark on any other.
enum ExtentTree {
  private static let header = 12
  private static let entry = 12
  static let rootCapacity = 4
  /// The block's tail is the checksum.
  static let blockCapacity = (blockSize - header - 4) / entry
  private static let magic: UInt16 = 0xf30a

  /// Blocks on each level, from the leaves up to what the root names; empty if all fit in the inode.
  static func levels(_ extents: Int) -> [Int] {
    var levels: [Int] = []
    var count = extents
    while count > rootCapacity {
      count = (count + blockCapacity - 1) / blockCapacity
      levels.append(count)
    }
    return levels
  }

  static func blockCount(_ extents: Int) -> Int { levels(extents).reduce(0, +) }

  /// Writes the 60 bytes of `i_block`, for a tree whose blocks begin at `start`, leaves first.
  static func putRoot(_ extents: [Extent], treeBlocks start: UInt32, in bytes: UnsafeMutableRawBufferPointer)
  {
    var nodes = extents.map { Node(extent: $0) }
    var position = start
    let levels = levels(extents.count)
    for level in levels {
      nodes = parents(of: nodes, blocks: level, from: position)
      position += UInt32(level)
    }
    put(nodes[...], depth: levels.count, capacity: rootCapacity, in: bytes)
  }

  /// Writes the tree's blocks, which begin at `start` in the image and at 0 in `bytes`.
  static func putBlocks(
    _ extents: [Extent], from start: UInt32, inode: UInt32, _ checksum: Checksum,
    in bytes: UnsafeMutableRawBufferPointer
  ) {
    var nodes = extents.map { Node(extent: $0) }
    var index = 0
    for (depth, level) in levels(extents.count).enumerated() {
      let first = index
      for block in 0..<level {
        let slice = nodes[block * blockCapacity..<min(nodes.count, (block + 1) * blockCapacity)]
        let target = bytes.block(index)
        put(slice, depth: depth, capacity: blockCapacity, in: target)
        target.put(checksum.extentBlock(target, inode: inode), at: header + blockCapacity * entry)
        index += 1
      }
      nodes = parents(of: nodes, blocks: level, from: start + UInt32(first))
    }
  }

  /// A leaf's extent, or an inner node's pointer to a block.
  private struct Node {
    var logical: UInt32
    var physical: UInt32
    var count: UInt32

    init(extent: Extent) {
      (logical, physical, count) = (extent.logical, extent.physical, extent.count)
    }

    init(logical: UInt32, block: UInt32) {
      (self.logical, physical, count) = (logical, block, 0)
    }
  }

  private static func parents(of nodes: [Node], blocks: Int, from start: UInt32) -> [Node] {
    (0..<blocks).map { Node(logical: nodes[$0 * blockCapacity].logical, block: start + UInt32($0)) }
  }

  private static func put(
    _ nodes: ArraySlice<Node>, depth: Int, capacity: Int, in bytes: UnsafeMutableRawBufferPointer
  ) {
    bytes.put(magic, at: 0)
    bytes.put(UInt16(nodes.count), at: 2)
    bytes.put(UInt16(capacity), at: 4)
    bytes.put(UInt16(depth), at: 6)
    var offset = header
    for node in nodes {
      bytes.put(node.logical, at: offset)
      if depth == 0 {
        // ee_len, ee_start_hi, ee_start: the high half is 0 below 2^32 blocks.
        bytes.put(UInt16(node.count), at: offset + 4)
        bytes.put(node.physical, at: offset + 8)
      } else {
        bytes.put(node.physical, at: offset + 4)
      }
      offset += entry
    }
  }
}
