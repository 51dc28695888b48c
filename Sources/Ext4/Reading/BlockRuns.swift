import CExt2fs

/// Neighbouring blocks of a file that are neighbours in the image, too.
struct BlockRun: Sendable, Equatable {
  var logical: UInt64
  var physical: UInt64
  var count: UInt64

  var end: UInt64 { logical + count }
}

/// Where an inode's blocks are: its extent tree or, in older file systems, its block map. What is in no
/// run is a hole, and so is what was allocated and never written.
struct BlockRuns {
  private let inode: StoredInode
  private let image: Ext4FileSystem
  private var runs: [BlockRun] = []
  /// Every run begins here or later.
  private var next: UInt64 = 0

  /// In ascending order. Of a block map, only as many blocks as `size` bytes fill.
  static func of(_ inode: StoredInode, size: Int64, in image: Ext4FileSystem) throws(Damage) -> [BlockRun] {
    var map = BlockRuns(inode: inode, image: image)
    if inode.flags & StoredInode.Flag.extents != 0 {
      try map.readExtents(Array(inode.bytes[StoredInode.place]), depth: nil)
    } else {
      try map.readPointers(
        end: (UInt64(size) + UInt64(image.bytesPerBlock) - 1) / UInt64(image.bytesPerBlock))
    }
    return map.runs
  }

  private init(inode: StoredInode, image: Ext4FileSystem) {
    self.inode = inode
    self.image = image
  }

  private mutating func add(_ physical: UInt64, count: UInt64) {
    if let last = runs.last, last.end == next, last.physical + last.count == physical {
      runs[runs.count - 1].count += count
    } else {
      runs.append(BlockRun(logical: next, physical: physical, count: count))
    }
  }

  // MARK: Extents

  private static let magic: UInt16 = 0xf30a
  /// `ext4_extent_header`, `ext4_extent` and `ext4_extent_idx` have as many bytes each.
  private static let entryLength = 12
  private static let mostLevels: UInt16 = 5

  /// A node: the root in the inode, or a block, which has to lie at `depth` above the leaves.
  private mutating func readExtents(_ node: [UInt8], depth: UInt16?) throws(Damage) {
    let (count, room) = (node.number(UInt16.self, at: 2), node.number(UInt16.self, at: 4))
    let level = node.number(UInt16.self, at: 6)
    // A block may end with a checksum.
    let capacity = (node.count - (depth == nil || !image.hasMetadataChecksums ? 0 : 4)) / Self.entryLength - 1
    guard node.number(UInt16.self, at: 0) == Self.magic, count <= room, Int(room) <= capacity,
      depth.map({ $0 == level && count > 0 }) ?? (level <= Self.mostLevels)
    else { throw Damage("its extent tree is damaged") }
    if depth != nil, !image.matchesChecksum(extents: node, of: inode.number) {
      throw Damage("a block of its extent tree does not match its checksum")
    }
    for offset in stride(from: Self.entryLength, through: Int(count) * Self.entryLength, by: Self.entryLength)
    {
      let logical = UInt64(node.number(UInt32.self, at: offset))
      // Ascending, so that no part of the tree can be passed twice.
      guard logical >= next else { throw Damage("its extents overlap") }
      if level == 0 {
        try readExtent(node, at: offset, logical: logical)
      } else {
        let block =
          UInt64(node.number(UInt32.self, at: offset + 4))
          | UInt64(node.number(UInt16.self, at: offset + 8)) << 32
        try image.claim(1, from: block)
        try readExtents(try image.block(block), depth: level - 1)
      }
    }
  }

  private mutating func readExtent(_ node: [UInt8], at offset: Int, logical: UInt64) throws(Damage) {
    let length = UInt64(node.number(UInt16.self, at: offset + 4))
    let physical =
      UInt64(node.number(UInt32.self, at: offset + 8)) | UInt64(node.number(UInt16.self, at: offset + 6))
      << 32
    // Above 32768: allocated, and never written.
    let isWritten = length <= 32768
    let count = isWritten ? length : length - 32768
    guard count > 0 else { throw Damage("it has an extent of no blocks") }
    try image.claim(count, from: physical)
    next = logical
    if isWritten { add(physical, count: count) }
    next = logical + count
  }

  // MARK: Pointers

  /// Twelve blocks, then one of pointers, one of pointers to those, and one of pointers to those again.
  private mutating func readPointers(end: UInt64) throws(Damage) {
    for index in 0..<15 where next < end {
      let pointer = inode.bytes.number(UInt32.self, at: StoredInode.place.lowerBound + index * 4)
      try follow(pointer, level: max(0, index - 11), end: end)
    }
  }

  private mutating func follow(_ pointer: UInt32, level: Int, end: UInt64) throws(Damage) {
    let slots = UInt64(image.bytesPerBlock / 4)
    if pointer == 0 {
      next += (0..<level).reduce(1) { span, _ in span * slots }
      return
    }
    try image.claim(1, from: UInt64(pointer))
    if level == 0 {
      add(UInt64(pointer), count: 1)
      next += 1
      return
    }
    let block = try image.block(UInt64(pointer))
    for slot in 0..<Int(slots) where next < end {
      try follow(block.number(UInt32.self, at: slot * 4), level: level - 1, end: end)
    }
  }
}

extension Ext4FileSystem {
  /// Whether a block of an extent tree matches its checksum; true when the file system has none.
  fileprivate func matchesChecksum(extents block: [UInt8], of inode: UInt32) -> Bool {
    var block = block
    return block.withUnsafeMutableBytes {
      ext2fs_extent_block_csum_verify(
        fs, inode, $0.baseAddress!.assumingMemoryBound(to: ext3_extent_header.self)) != 0
    }
  }
}
