/// What a file system is besides its tree. Equal trees and equal options make equal images.
package struct Ext4Options: Sendable, Equatable {
  /// At most 16 bytes; empty for none.
  package var label: String
  /// Read by the checksums of all metadata.
  package var uuid: [UInt8]
  /// Read by the hash of names in indexed directories; four little-endian words.
  package var hashSeed: [UInt8]
  /// Seconds since 1970, from 1 to 2^32-1: when the file system was made, last written and checked, and
  /// each inode created and changed.
  package var created: Int64
  package var size: Size
  /// Bytes that stay free beyond the tree, with one free inode for every 16 KiB of them. Only a
  /// writable image needs any.
  package var headroom: Int64
  /// Sets the `read-only` feature, with which the kernel mounts the image read-only whatever is asked;
  /// `tune2fs -O ^read-only` takes it back.
  package var isReadOnly: Bool

  package enum Size: Sendable, Equatable {
    /// No larger than the tree and the headroom need.
    case minimal
    /// Exactly this many bytes of file. As with mke2fs, the file system in it is a multiple of 4096,
    /// and may end at the last group edge: a last group must hold its share of metadata and 50 blocks.
    case bytes(Int64)
  }

  package init(
    label: String = "", uuid: [UInt8], hashSeed: [UInt8], created: Int64, size: Size = .minimal,
    headroom: Int64 = 0, isReadOnly: Bool = false
  ) {
    self.label = label
    self.uuid = uuid
    self.hashSeed = hashSeed
    self.created = created
    self.size = size
    self.headroom = headroom
    self.isReadOnly = isReadOnly
  }

  func check() throws(Ext4Failure) {
    let subject = Ext4Failure.Subject.image
    if label.utf8.count > 16 {
      throw Ext4Failure(subject, "its label has \(label.utf8.count) bytes, and ext4 holds 16: \(label)")
    }
    precondition(uuid.count == 16 && hashSeed.count == 16, "a UUID and a hash seed have 16 bytes")
    if !(1...Int64(UInt32.max)).contains(created) {
      throw Ext4Failure(subject, "its time of creation is \(created), and ext4 holds 1 to \(UInt32.max)")
    }
    if headroom < 0 { throw Ext4Failure(subject, "its headroom is negative: \(headroom)") }
  }
}
