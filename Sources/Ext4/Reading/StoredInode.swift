import CExt2fs
import FileTree

/// An inode as the image has it: `ext2_inode_large`.
struct StoredInode {
  let number: UInt32
  /// All of it: 128 bytes at least.
  let bytes: [UInt8]

  enum Flag {
    static let encrypted: UInt32 = 0x800
    static let extents: UInt32 = 0x80000
    static let attributeValue: UInt32 = 0x20_0000
    static let inlineData: UInt32 = 0x1000_0000
  }

  static let root: UInt32 = 2
  /// Pointers, extents, or what is short enough to lie here itself.
  static let place = 40..<100

  var format: UInt16 { bytes.number(at: 0) & 0xf000 }
  var mode: UInt16 { bytes.number(at: 0) & 0o7777 }
  var links: UInt16 { bytes.number(at: 26) }
  var flags: UInt32 { bytes.number(at: 32) }
  var isDirectory: Bool { format == 0x4000 }

  var owner: Owner {
    func id(_ low: Int, _ high: Int) -> UInt32 {
      UInt32(bytes.number(UInt16.self, at: low)) | UInt32(bytes.number(UInt16.self, at: high)) << 16
    }
    return Owner(user: id(2, 120), group: id(24, 122))
  }

  /// Bytes behind the first 128 that have a meaning of their own; attributes follow.
  var extraSize: Int { bytes.count > 128 ? Int(bytes.number(UInt16.self, at: 128)) : 0 }

  var modified: Timestamp {
    let seconds = Int64(bytes.number(Int32.self, at: 16))
    if extraSize < 12 { return Timestamp(seconds: seconds) }
    // Two bits that continue the seconds, below the nanoseconds (ext4_decode_extra_time).
    let extra = bytes.number(UInt32.self, at: 136)
    return Timestamp(seconds: seconds + Int64(extra & 3) << 32, nanoseconds: extra >> 2)
  }

  var attributeBlock: UInt64 {
    UInt64(bytes.number(UInt32.self, at: 104)) | UInt64(bytes.number(UInt16.self, at: 118)) << 32
  }

  /// Of what it holds: content, a target, directory blocks.
  func size() throws(Damage) -> Int64 {
    let size =
      UInt64(bytes.number(UInt32.self, at: 4)) | UInt64(bytes.number(UInt32.self, at: 108)) << 32
    guard size <= UInt64(Int64.max) else { throw Damage("its size is \(size) bytes") }
    return Int64(size)
  }

  func checkReadable() throws(Damage) {
    if links == 0 { throw Damage("inode \(number) has a name and no links") }
    if flags & Flag.encrypted != 0 { throw Damage("it is encrypted", hints: []) }
    if extraSize > bytes.count - 128 {
      throw Damage("inode \(number) has \(extraSize) bytes of extra fields")
    }
  }

  /// The device of a device's inode, in the old encoding or the new (ext4_iget).
  var device: (major: UInt32, minor: UInt32) {
    let old = bytes.number(UInt32.self, at: 40)
    if old != 0 { return (old >> 8 & 0xff, old & 0xff) }
    let new = bytes.number(UInt32.self, at: 44)
    return (new >> 8 & 0xfff, new & 0xff | new >> 12 & 0xfff00)
  }
}

extension Ext4FileSystem {
  func inode(_ number: UInt32) throws(Damage) -> StoredInode {
    var bytes = [UInt8](repeating: 0, count: inodeSize)
    let code = bytes.withUnsafeMutableBytes { buffer in
      ext2fs_read_inode_full(
        fs, number, buffer.baseAddress!.assumingMemoryBound(to: ext2_inode.self), CInt(buffer.count))
    }
    do throws(Damage) {
      try Damage.check(code)
    } catch {
      throw Damage("inode \(number): \(error.cause)")
    }
    return StoredInode(number: number, bytes: bytes)
  }
}
