import CExt2fs
import FileTree

/// What a file system says of itself, and how many files of which kind it holds.
package struct Ext4Summary: Sendable, Equatable {
  /// As stored, up to the first NUL.
  package var label: [UInt8]
  package var uuid: [UInt8]
  /// With which names in indexed directories are hashed.
  package var hashSeed: [UInt8]
  package var bytesPerBlock: Int
  package var blocks: UInt64
  package var freeBlocks: UInt64
  package var inodes: UInt32
  package var freeInodes: UInt32
  /// Seconds since 1970; 0 when not known.
  package var created: Int64
  package var written: Int64
  /// As mke2fs names them, in the order of their bits; compatible ones first.
  package var features: [String]
  package var needsRecovery: Bool
  package var hasErrors: Bool
  package var files: FileCounts

  package init(of image: Ext4FileSystem) throws(Ext4ReadFailure) {
    let superblock = image.fs.pointee.super.pointee
    (label, uuid) = withUnsafeBytes(of: superblock.s_volume_name) { label in
      (Array(label.prefix { $0 != 0 }), withUnsafeBytes(of: superblock.s_uuid) { Array($0) })
    }
    hashSeed = withUnsafeBytes(of: superblock.s_hash_seed) { Array($0) }
    bytesPerBlock = image.bytesPerBlock
    blocks = image.blockCount
    freeBlocks = ext2fs_free_blocks_count(image.fs.pointee.super)
    inodes = superblock.s_inodes_count
    freeInodes = superblock.s_free_inodes_count
    created = Int64(superblock.s_mkfs_time) | Int64(superblock.s_mkfs_time_hi) << 32
    written = Int64(superblock.s_wtime) | Int64(superblock.s_wtime_hi) << 32
    features = Ext4Feature.names(of: superblock)
    needsRecovery = image.needsRecovery
    hasErrors = image.hasErrors
    do throws(Damage) {
      files = try FileCounts(of: image)
    } catch {
      throw Ext4ReadFailure(image.name, error)
    }
  }
}

/// Files by their kind, each counted once, however many names it has.
package struct FileCounts: Sendable, Equatable {
  package var files = 0
  package var directories = 0
  package var symbolicLinks = 0
  package var devices = 0
  /// Named pipes and sockets.
  package var others = 0

  /// Reads the inode tables from one end to the other, which is faster than the directories.
  init(of image: Ext4FileSystem) throws(Damage) {
    var opened: ext2_inode_scan?
    try Damage.check(ext2fs_open_inode_scan(image.fs, 0, &opened))
    defer { ext2fs_close_inode_scan(opened) }
    var record = [UInt8](repeating: 0, count: image.inodeSize)
    var seen = 0
    while true {
      var number: UInt32 = 0
      let code = record.withUnsafeMutableBytes {
        ext2fs_get_next_inode_full(
          opened, &number, $0.baseAddress!.assumingMemoryBound(to: ext2_inode.self), CInt($0.count))
      }
      do throws(Damage) { try Damage.check(code) } catch { throw Damage("inode \(number): \(error.cause)") }
      if number == 0 { return }
      seen += 1
      if seen > Self.mostInodes { throw Damage("it has more than \(Self.mostInodes) inodes", hints: []) }
      if number < image.firstInode && number != StoredInode.root { continue }
      count(StoredInode(number: number, bytes: record))
    }
  }

  /// What a hostile image makes this read: 4 GiB.
  private static let mostInodes = 1 << 24

  private mutating func count(_ inode: StoredInode) {
    if inode.links == 0 || inode.flags & StoredInode.Flag.attributeValue != 0 { return }
    switch inode.format {
    case 0x4000: directories += 1
    case 0x8000: files += 1
    case 0xa000: symbolicLinks += 1
    case 0x2000, 0x6000: devices += 1
    default: others += 1
    }
  }
}
