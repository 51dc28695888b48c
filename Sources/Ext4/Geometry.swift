/// Where the parts of the file system lie:
///
///     superblock | group descriptors | block bitmaps | inode bitmaps | inode tables | metadata | data | free
///
/// `flex_bg` lets the bitmaps and inode tables of all groups stand together at the front, and
/// `sparse_super2` without backups keeps every later group free of copies, so that everything behind
/// them is one unbroken run and files cross group edges.
struct Geometry: Sendable, Equatable {
  static let blocksPerGroup: Int64 = 32768
  /// A bitmap of inodes fills one block at most, as one of blocks does.
  static let maximumInodesPerGroup: Int64 = 32768
  static let inodeSize = 256
  private static let inodesPerBlock = Int64(blockSize / inodeSize)
  private static let descriptorsPerBlock = Int64(blockSize / 32)
  /// `ext2fs_initialize` drops a last group that holds fewer free blocks than this.
  private static let minimumFreeInLastGroup: Int64 = 50
  static let maximumBlocks = Int64(UInt32.max)

  /// Of the file system.
  let blockCount: Int64
  /// Of the file, which may be longer than the file system when its size was asked for.
  let byteCount: Int64
  let groupCount: Int64
  let inodeTableBlocksPerGroup: Int64
  /// Blocks from the first metadata block to the last data block.
  let contentBlocks: Int64

  var inodesPerGroup: Int64 { inodeTableBlocksPerGroup * Geometry.inodesPerBlock }
  var inodeCount: Int64 { inodesPerGroup * groupCount }
  var descriptorBlocks: Int64 { Geometry.descriptorBlocks(groupCount) }
  var blockBitmaps: Int64 { 1 + descriptorBlocks }
  var inodeBitmaps: Int64 { blockBitmaps + groupCount }
  var inodeTables: Int64 { inodeBitmaps + groupCount }
  /// The first block that is not the file system's own.
  var content: Int64 { inodeTables + groupCount * inodeTableBlocksPerGroup }
  var freeBlocks: Int64 { blockCount - content - contentBlocks }

  private static func descriptorBlocks(_ groups: Int64) -> Int64 {
    (groups + descriptorsPerBlock - 1) / descriptorsPerBlock
  }

  /// The geometry for `contentBlocks` and `inodes` used ones, with `options`' size and headroom.
  init(contentBlocks: Int64, inodes: Int64, options: Ext4Options) throws(Ext4Failure) {
    let headroom = wholeBlocks(of: options.headroom)
    let spare = Geometry.inodes(for: headroom)
    let smallest = try Geometry(
      smallestFor: contentBlocks, inodes: inodes + spare, headroom: headroom)
    guard case .bytes(let bytes) = options.size else {
      self = smallest
      return
    }
    // What lies between the smallest and the given size is free space, too, and gets its inodes if
    // there is room for their tables.
    let more = max(0, bytes / Int64(blockSize) - smallest.blockCount)
    for inodes in [inodes + spare + Geometry.inodes(for: more), inodes + spare] {
      if let geometry = Geometry(bytes: bytes, contentBlocks: contentBlocks, inodes: inodes),
        geometry.freeBlocks >= headroom
      {
        self = geometry
        return
      }
    }
    throw Ext4Failure(
      .image, "it needs \(smallest.byteCount) bytes, and its size is given as \(bytes)",
      hints: ["give a larger size, or `minimal`"])
  }

  /// As many inodes as mke2fs gives to `blocks`, one for 16 KiB.
  private static func inodes(for blocks: Int64) -> Int64 { blocks * Int64(blockSize) / 16384 }

  /// Blocks of the inode table of each of `groups`, nil if one group's inodes exceed a bitmap. A whole
  /// number of blocks is also the multiple of 8 inodes to which `ext2fs_initialize` would round.
  private static func inodeTableBlocks(_ inodes: Int64, groups: Int64) -> Int64? {
    let step = groups * inodesPerBlock
    let blocks = (inodes + step - 1) / step
    return blocks * inodesPerBlock <= maximumInodesPerGroup ? blocks : nil
  }

  private init(smallestFor contentBlocks: Int64, inodes: Int64, headroom: Int64) throws(Ext4Failure) {
    var groups: Int64 = 1
    // A group more means metadata more, which may mean a group more: count up until it holds.
    while true {
      if let table = Geometry.inodeTableBlocks(inodes, groups: groups) {
        let used = 1 + Geometry.descriptorBlocks(groups) + groups * (2 + table) + contentBlocks
        let edge = (groups - 1) * Geometry.blocksPerGroup
        // A last group can be there for its inodes alone; it still has to be a group.
        let blocks = max(used + headroom, edge + 2 + table + Geometry.minimumFreeInLastGroup)
        if blocks > Geometry.maximumBlocks {
          throw Ext4Failure(
            .image, "it needs more than the 2^32-1 blocks that ext4 has without the feature 64bit")
        }
        let needed = (blocks + Geometry.blocksPerGroup - 1) / Geometry.blocksPerGroup
        if needed <= groups {
          self.init(
            blockCount: blocks, byteCount: blocks * Int64(blockSize), groupCount: groups,
            inodeTableBlocksPerGroup: table, contentBlocks: contentBlocks)
          return
        }
        groups = needed
      } else {
        groups += 1
      }
    }
  }

  /// Nil if `bytes` do not hold it.
  private init?(bytes: Int64, contentBlocks: Int64, inodes: Int64) {
    var blocks = min(bytes / Int64(blockSize), Geometry.maximumBlocks)
    var groups = (blocks + Geometry.blocksPerGroup - 1) / Geometry.blocksPerGroup
    guard groups > 0, var table = Geometry.inodeTableBlocks(inodes, groups: groups) else { return nil }
    let last = blocks % Geometry.blocksPerGroup
    if last > 0 && last < 2 + table + Geometry.minimumFreeInLastGroup {
      blocks -= last
      groups -= 1
      guard groups > 0, let larger = Geometry.inodeTableBlocks(inodes, groups: groups) else { return nil }
      table = larger
    }
    self.init(
      blockCount: blocks, byteCount: bytes, groupCount: groups, inodeTableBlocksPerGroup: table,
      contentBlocks: contentBlocks)
  }

  private init(
    blockCount: Int64, byteCount: Int64, groupCount: Int64, inodeTableBlocksPerGroup: Int64,
    contentBlocks: Int64
  ) {
    self.blockCount = blockCount
    self.byteCount = byteCount
    self.groupCount = groupCount
    self.inodeTableBlocksPerGroup = inodeTableBlocksPerGroup
    self.contentBlocks = contentBlocks
  }
}
