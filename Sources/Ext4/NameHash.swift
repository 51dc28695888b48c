import CExt2fs

/// Half-MD4 of a name, the order of an indexed directory.
struct NameHash: Sendable, Comparable {
  var major: UInt32
  var minor: UInt32

  /// Bytes of the name are signed, as on x86 (EXT2_FLAGS_SIGNED_HASH), whatever the host's `char` is.
  /// The corresponding C function is `ext2fs_dirhash2`.
  init(_ name: some Collection<UInt8>, seed: [UInt32]) {
    var major: ext2_dirhash_t = 0
    var minor: ext2_dirhash_t = 0
    let code = Array(name).withUnsafeBytes {
      ext2fs_dirhash2(
        EXT2_HASH_HALF_MD4, $0.baseAddress!.assumingMemoryBound(to: CChar.self), CInt($0.count), nil, 0, seed,
        &major, &minor)
    }
    precondition(code == 0, "libext2fs has no half-MD4")
    // The kernel keeps the highest value for the end of a directory (ext4fs_dirhash: EXT4_HTREE_EOF).
    self.major = major == 0xffff_fffe ? 0xffff_fffc : major
    self.minor = minor
  }

  static func < (a: NameHash, b: NameHash) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
