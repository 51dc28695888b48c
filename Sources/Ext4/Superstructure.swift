import CExt2fs

/// The superblock, group descriptors and bitmaps, which libext2fs writes. One call on one thread: a
/// file system of libext2fs has no locks.
enum Superstructure {
  static func write(_ layout: Ext4Layout, to descriptor: CInt) throws(Ext4Failure) {
    var parameters = parameters(for: layout)
    var opened: ext2_filsys?
    try ext2fs(
      "ext2fs_initialize",
      ext2fs_initialize(
        "fd:\(descriptor)", EXT2_FLAG_64BITS, &parameters, cext2fs_descriptor_io_manager(), &opened))
    guard let fs = opened else { throw Ext4Failure(.image, "ext2fs_initialize gave no file system") }
    do throws(Ext4Failure) {
      try check(fs, layout.geometry)
      describe(fs, layout.options)
      allocate(fs, layout)
      // Frees it unless it fails. The image's owner decides when it is durable.
      try ext2fs("ext2fs_close2", ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC))
    } catch {
      ext2fs_free(fs)
      throw error
    }
  }

  private static func parameters(for layout: Ext4Layout) -> ext2_super_block {
    var parameters = ext2_super_block()
    parameters.s_rev_level = UInt32(EXT2_DYNAMIC_REV)
    parameters.s_log_block_size = 2
    parameters.s_inode_size = UInt16(Geometry.inodeSize)
    parameters.s_blocks_count = UInt32(layout.geometry.blockCount)
    parameters.s_inodes_count = UInt32(layout.geometry.inodeCount)
    // Zero would make ext2fs_initialize count each group's tables as its own. 16 groups, as mke2fs.
    parameters.s_log_groups_per_flex = 4
    parameters.s_max_mnt_count = -1
    parameters.s_feature_compat = UInt32(
      EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX | EXT4_FEATURE_COMPAT_SPARSE_SUPER2)
    parameters.s_feature_incompat = UInt32(
      EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_FLEX_BG)
    parameters.s_feature_ro_compat = UInt32(
      EXT2_FEATURE_RO_COMPAT_LARGE_FILE | EXT4_FEATURE_RO_COMPAT_HUGE_FILE
        | EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE
        | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM)
    if layout.options.isReadOnly {
      parameters.s_feature_ro_compat |= UInt32(EXT4_FEATURE_RO_COMPAT_READONLY)
    }
    return parameters
  }

  /// `ext2fs_initialize` rounds what it is asked for; the plan asks for what needs no rounding.
  private static func check(_ fs: ext2_filsys, _ geometry: Geometry) throws(Ext4Failure) {
    let made = (
      Int64(ext2fs_blocks_count(fs.pointee.super)), Int64(fs.pointee.group_desc_count),
      Int64(fs.pointee.super.pointee.s_inodes_per_group), Int64(fs.pointee.desc_blocks)
    )
    let planned = (
      geometry.blockCount, geometry.groupCount, geometry.inodesPerGroup, geometry.descriptorBlocks
    )
    if made != planned {
      throw Ext4Failure(
        .image,
        "ext2fs_initialize made \(made) blocks, groups, inodes a group and descriptor blocks, not \(planned)")
    }
  }

  private static func describe(_ fs: ext2_filsys, _ options: Ext4Options) {
    let superblock = fs.pointee.super!
    // `now` becomes s_wtime; the other two were the clock's.
    fs.pointee.now = time_t(options.created)
    superblock.pointee.s_mkfs_time = UInt32(options.created)
    superblock.pointee.s_lastcheck = UInt32(options.created)
    withUnsafeMutableBytes(of: &superblock.pointee.s_uuid) { $0.copyBytes(from: options.uuid) }
    withUnsafeMutableBytes(of: &superblock.pointee.s_hash_seed) { $0.copyBytes(from: options.hashSeed) }
    withUnsafeMutableBytes(of: &superblock.pointee.s_volume_name) { $0.copyBytes(from: options.label.utf8) }
    superblock.pointee.s_def_hash_version = halfMD4
    // ext2fs_initialize goes by the host's `char`.
    superblock.pointee.s_flags &= ~UInt32(EXT2_FLAGS_UNSIGNED_HASH)
    superblock.pointee.s_flags |= UInt32(EXT2_FLAGS_SIGNED_HASH)
    superblock.pointee.s_checksum_type = UInt8(EXT2_CRC32C_CHKSUM)
    // Reads the UUID.
    ext2fs_init_csum_seed(fs)
  }

  private static func allocate(_ fs: ext2_filsys, _ layout: Ext4Layout) {
    let geometry = layout.geometry
    for group in 0..<geometry.groupCount {
      let number = dgrp_t(group)
      ext2fs_block_bitmap_loc_set(fs, number, blk64_t(geometry.blockBitmaps + group))
      ext2fs_inode_bitmap_loc_set(fs, number, blk64_t(geometry.inodeBitmaps + group))
      ext2fs_inode_table_loc_set(
        fs, number, blk64_t(geometry.inodeTables + group * geometry.inodeTableBlocksPerGroup))
      // The rest of each table is a hole in a new file.
      ext2fs_bg_flags_set(fs, number, UInt16(EXT2_BG_INODE_ZEROED))
    }
    ext2fs_block_alloc_stats_range(
      fs, blk64_t(geometry.blockBitmaps),
      blk_t(geometry.content + geometry.contentBlocks - geometry.blockBitmaps), 1)
    for number in 1..<InodeNumbers.lostAndFound where number != InodeNumbers.root {
      ext2fs_inode_alloc_stats2(fs, number, 1, 0)
    }
    for inode in layout.inodes {
      ext2fs_inode_alloc_stats2(fs, inode.number, 1, inode.directory == nil ? 0 : 1)
    }
    for group in 0..<geometry.groupCount { ext2fs_group_desc_csum_set(fs, dgrp_t(group)) }
  }
}

/// `s_def_hash_version` and `dx_root_info.hash_version`; that bytes are signed is said by the superblock.
let halfMD4 = UInt8(EXT2_HASH_HALF_MD4)
