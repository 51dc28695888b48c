import CExt2fs
import Diagnosis
import FileTree

/// An ext4 file system that is read without mounting it. libext2fs reads the superblock, the group
/// descriptors, inodes and directory blocks, and checks their checksums; nothing that stands there is
/// believed further than the image reaches. For one thread.
///
/// An image may be hostile. The blocks that files claim are counted: all of them together are no more
/// than the image has, so that no loop and no repetition makes reading longer than the image is.
package final class Ext4FileSystem {
  let fs: ext2_filsys
  let medium: Medium
  /// The image's, for errors.
  let name: String
  let bytesPerBlock: Int
  let blockCount: UInt64
  private var unclaimed: UInt64
  /// Of the inodes that are an extended attribute's value.
  var attributeValues: [UInt32: [UInt8]] = [:]

  /// Twice what the kernel makes of the 16 TiB of 32-bit block numbers, with the usual 128 MiB each.
  private static let mostGroups: UInt64 = 1 << 18

  /// Reads the image that is open as `descriptor`, which stays the caller's, open as long as this lives.
  /// A journal is not replayed; see `needsRecovery`.
  package init(reading descriptor: CInt, named name: String) throws(Ext4ReadFailure) {
    do throws(Damage) {
      let medium = try Medium(descriptor)
      try ForeignFormat.check(medium, named: name)
      // The sizes in the superblock are checked before anything is made of them.
      let probe = try Ext4FileSystem.open(descriptor, flags: EXT2_FLAG_SUPER_ONLY)
      let sizes = Ext4FileSystem.sizes(of: probe)
      ext2fs_free(probe)
      let (bytes, overflows) = sizes.blocks.multipliedReportingOverflow(by: sizes.block)
      if overflows || bytes > medium.size {
        throw Damage(
          "it is cut off: its file system has \(sizes.blocks) blocks of \(sizes.block) bytes, the image \(medium.size) bytes"
        )
      }
      if sizes.groups > Ext4FileSystem.mostGroups {
        throw Damage("its superblock counts \(sizes.groups) block groups")
      }
      fs = try Ext4FileSystem.open(descriptor, flags: 0)
      self.medium = medium
      self.name = name
      bytesPerBlock = Int(sizes.block)
      blockCount = sizes.blocks
      unclaimed = sizes.blocks
      for group in 0..<fs.pointee.group_desc_count where ext2fs_group_desc_csum_verify(fs, group) == 0 {
        throw Damage("the descriptor of block group \(group) does not match its checksum")
      }
    } catch {
      throw Ext4ReadFailure(name, error)
    }
  }

  deinit { ext2fs_free(fs) }

  private static func open(_ descriptor: CInt, flags: CInt) throws(Damage) -> ext2_filsys {
    var opened: ext2_filsys?
    try Damage.check(
      ext2fs_open2(
        "fd:\(descriptor)", nil, flags | EXT2_FLAG_64BITS, 0, 0, cext2fs_descriptor_io_manager(), &opened))
    guard let opened else { throw Damage("libext2fs gave no file system") }
    return opened
  }

  private static func sizes(of fs: ext2_filsys) -> (blocks: UInt64, block: UInt64, groups: UInt64) {
    (ext2fs_blocks_count(fs.pointee.super), UInt64(fs.pointee.blocksize), UInt64(fs.pointee.group_desc_count))
  }

  // MARK: Claims

  /// Begins to count anew: before a walk of the whole tree, or a look at one file.
  func releaseClaims() { unclaimed = blockCount }

  /// Notes that a file has the `count` blocks from `start` on, as content or as a map.
  func claim(_ count: UInt64, from start: UInt64) throws(Damage) {
    if start < UInt64(fs.pointee.super.pointee.s_first_data_block) || start == 0 || count > blockCount
      || start > blockCount - count
    {
      throw Damage("it has the blocks \(start) to \(start &+ count &- 1), of an image of \(blockCount)")
    }
    if count > unclaimed { throw Damage("with it, files have more blocks than the image") }
    unclaimed -= count
  }

  func block(_ number: UInt64) throws(Damage) -> [UInt8] {
    try medium.bytes(bytesPerBlock, at: number * UInt64(bytesPerBlock))
  }

  // MARK: What the superblock says

  /// There is a journal with changes that are not in their places, so that what is read is older than
  /// what a mount would show.
  package var needsRecovery: Bool {
    fs.pointee.super.pointee.s_feature_incompat & UInt32(EXT3_FEATURE_INCOMPAT_RECOVER) != 0
  }

  /// The kernel noted an error in it.
  package var hasErrors: Bool { fs.pointee.super.pointee.s_state & UInt16(EXT2_ERROR_FS) != 0 }

  /// A revision 0 file system does not say.
  var inodeSize: Int {
    let superblock = fs.pointee.super.pointee
    return superblock.s_rev_level == 0 ? 128 : Int(superblock.s_inode_size)
  }

  /// The first that is not reserved: that of `lost+found`.
  var firstInode: UInt32 {
    let superblock = fs.pointee.super.pointee
    return superblock.s_rev_level == 0 ? 11 : superblock.s_first_ino
  }

  var hasMetadataChecksums: Bool {
    fs.pointee.super.pointee.s_feature_ro_compat & UInt32(EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) != 0
  }
}
