import FileTree

/// One inode of the plan: which entry it is and where its blocks lie.
struct Inode: Sendable {
  let number: UInt32
  /// Index of the entry whose metadata it has: of several names the first.
  let entry: Int
  let links: Int
  private(set) var size: Int64
  /// Blocks of the file that have a place; the others are holes.
  private(set) var data: [BlockRange]
  let attributes: Attributes?
  private(set) var directory: Directory?
  /// Where its data lies; nil for what never has any.
  private let dataArea: Ext4Layout.Area?

  /// Set when the plan is placed, 0 where there is none.
  private(set) var firstBlock: UInt32 = 0
  private(set) var firstTreeBlock: UInt32 = 0
  private(set) var attributeBlock: UInt32 = 0

  /// Targets of fewer bytes lie in the inode (`ext2fs_is_fast_symlink`).
  static let longTarget = 60
  /// A file has at most 2^32-1 blocks (EXT_MAX_BLOCKS).
  private static let maximumSize = Int64(UInt32.max) * Int64(blockSize)

  init(_ number: UInt32, _ numbers: InodeNumbers, _ ranges: DataRanges) throws(Ext4Failure) {
    self.number = number
    entry = numbers.primary[Int(number)]
    links = numbers.links[Int(number)]
    let file = numbers.entries[entry]
    attributes = try Attributes(of: file)
    (size, data) = (0, [])
    try Inode.checkTime(of: file)
    switch file.kind {
    case .file:
      if file.size > Inode.maximumSize || file.size < 0 {
        throw Ext4Failure(file.path, "it has \(file.size) bytes, and ext4 holds \(Inode.maximumSize)")
      }
      size = file.size
      data = ranges.data(of: entry, blocks: UInt32(wholeBlocks(of: size)))
      dataArea = .data
    case .symbolicLink(let target):
      if target.isEmpty || target.count >= blockSize || target.contains(0) {
        throw Ext4Failure(
          file.path, "its target has \(target.count) bytes, and a path has 1 to 4095 without NUL")
      }
      size = Int64(target.count)
      if target.count >= Inode.longTarget { data = [BlockRange(start: 0, count: 1)] }
      dataArea = .symbolicLinks
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      if major > 0xfff || minor > 0xfffff {
        throw Ext4Failure(file.path, "its device is \(major):\(minor), and ext4 holds up to 4095:1048575")
      }
      dataArea = nil
    case .directory: dataArea = .directories
    case .fifo, .socket: dataArea = nil
    }
  }

  mutating func become(_ directory: Directory) {
    self.directory = directory
    size = Int64(directory.blockCount) * Int64(blockSize)
    data = [BlockRange(start: 0, count: UInt32(directory.blockCount))]
  }

  var dataBlocks: UInt32 { data.reduce(0) { $0 + $1.count } }
  var extents: [Extent] { Extent.mapping(data, from: firstBlock) }

  func blocks(in area: Ext4Layout.Area) -> UInt32 {
    switch area {
    case .directories, .symbolicLinks, .data: area == dataArea ? dataBlocks : 0
    case .attributes: attributes?.needsBlock ?? false ? 1 : 0
    case .extentTrees: data.isEmpty ? 0 : UInt32(ExtentTree.blockCount(Extent.count(for: data)))
    }
  }

  /// The first of `blocks(in: area)`.
  func firstBlock(in area: Ext4Layout.Area) -> UInt32 {
    switch area {
    case .directories, .symbolicLinks, .data: firstBlock
    case .attributes: attributeBlock
    case .extentTrees: firstTreeBlock
    }
  }

  mutating func place(_ block: UInt32, in area: Ext4Layout.Area) {
    switch area {
    case .directories, .symbolicLinks, .data: firstBlock = block
    case .attributes: attributeBlock = block
    case .extentTrees: firstTreeBlock = block
    }
  }

  /// Bytes of content that are read from the tree.
  var contentBytes: Int64 {
    guard dataArea == .data, let last = data.last else { return 0 }
    let bytes = Int64(dataBlocks) * Int64(blockSize)
    // The last block may be there in part.
    return bytes - max(0, Int64(last.end) * Int64(blockSize) - size)
  }

  private static func checkTime(of file: FileEntry) throws(Ext4Failure) {
    // 34 bits of seconds, of which the lower 32 are signed (ext4_decode_extra_time).
    let range = -(Int64(1) << 31)..<(Int64(1) << 34 - Int64(1) << 31)
    if !range.contains(file.modified.seconds) || file.modified.nanoseconds >= 1_000_000_000 {
      throw Ext4Failure(
        file.path,
        "its time is \(file.modified.seconds) s \(file.modified.nanoseconds) ns, and ext4 holds \(range.lowerBound) to \(range.upperBound - 1) s"
      )
    }
  }
}
