import CExt2fs

/// Names of a file system's features, as ext4(5) and mke2fs write them.
enum Ext4Feature {
  private static let compatible: [(bit: UInt32, name: String)] = [
    (0x1, "dir_prealloc"), (0x2, "imagic_inodes"), (0x4, "has_journal"), (0x8, "ext_attr"),
    (0x10, "resize_inode"), (0x20, "dir_index"), (0x40, "lazy_bg"), (0x100, "snapshot_bitmap"),
    (0x200, "sparse_super2"), (0x400, "fast_commit"), (0x800, "stable_inodes"), (0x1000, "orphan_file"),
  ]
  private static let incompatible: [(bit: UInt32, name: String)] = [
    (0x1, "compression"), (0x2, "filetype"), (0x4, "needs_recovery"), (0x8, "journal_dev"),
    (0x10, "meta_bg"), (0x40, "extent"), (0x80, "64bit"), (0x100, "mmp"), (0x200, "flex_bg"),
    (0x400, "ea_inode"), (0x1000, "dirdata"), (0x2000, "metadata_csum_seed"), (0x4000, "large_dir"),
    (0x8000, "inline_data"), (0x10000, "encrypt"), (0x20000, "casefold"),
  ]
  private static let readOnlyCompatible: [(bit: UInt32, name: String)] = [
    (0x1, "sparse_super"), (0x2, "large_file"), (0x8, "huge_file"), (0x10, "uninit_bg"),
    (0x20, "dir_nlink"), (0x40, "extra_isize"), (0x80, "snapshot"), (0x100, "quota"), (0x200, "bigalloc"),
    (0x400, "metadata_csum"), (0x800, "replica"), (0x1000, "read-only"), (0x2000, "project"),
    (0x4000, "shared_blocks"), (0x8000, "verity"), (0x10000, "orphan_present"),
  ]

  static func names(of superblock: ext2_super_block) -> [String] {
    names(superblock.s_feature_compat, compatible, "FEATURE_C")
      + names(superblock.s_feature_incompat, incompatible, "FEATURE_I")
      + names(superblock.s_feature_ro_compat, readOnlyCompatible, "FEATURE_R")
  }

  /// An unknown one has its bit's number, as dumpe2fs writes it.
  private static func names(
    _ bits: UInt32, _ known: [(bit: UInt32, name: String)], _ prefix: String
  ) -> [String] {
    (0..<32).map { UInt32(1) << $0 }.filter { bits & $0 != 0 }.map { bit in
      known.first { $0.bit == bit }?.name ?? "\(prefix)\(bit.trailingZeroBitCount)"
    }
  }
}
