import CExt2fs
import FileTree

/// The names in a directory of an image: linear, indexed (whose index looks like unused entries), or
/// within its inode.
struct StoredDirectory {
  private(set) var names: [(name: [UInt8], inode: UInt32)] = []

  private let number: UInt32
  private let lastInode: UInt32
  private let hasFileTypes: Bool

  init(_ inode: StoredInode, in image: Ext4FileSystem) throws(Damage) {
    number = inode.number
    let superblock = image.fs.pointee.super.pointee
    lastInode = superblock.s_inodes_count
    hasFileTypes = superblock.s_feature_incompat & UInt32(EXT2_FEATURE_INCOMPAT_FILETYPE) != 0
    if inode.flags & StoredInode.Flag.inlineData != 0 {
      // The first four bytes are the parent's number.
      try read(Array(inode.bytes[StoredInode.place].dropFirst(4)))
      try read(StoredAttributes(of: inode, in: image).inlineData)
      return
    }
    for (index, block) in try StoredContent(of: inode, in: image).denseBlocks().enumerated() {
      try read(try image.directoryBlock(block, of: number), isFirst: index == 0)
    }
  }

  /// `ext4_dir_entry_2` after entry; together they fill the block.
  private mutating func read(_ block: [UInt8], isFirst: Bool = false) throws(Damage) {
    var offset = 0
    var own = isFirst ? [[UInt8(ascii: ".")], Array("..".utf8)] : []
    while offset < block.count {
      guard offset + 8 <= block.count else { throw Damage("its entries are damaged") }
      let length = StoredDirectory.length(block.number(UInt16.self, at: offset + 4), in: block.count)
      let inode = block.number(UInt32.self, at: offset)
      guard length >= 8, length % 4 == 0, length <= block.count - offset else {
        throw Damage("its entries are damaged")
      }
      // Without file types, their byte belongs to the length of the name. A checksum, which lies in an
      // unused entry, has something else there.
      let stored: UInt16 = hasFileTypes ? UInt16(block[offset + 6]) : block.number(at: offset + 6)
      let count = inode == 0 ? 0 : Int(stored)
      guard count <= min(255, length - 8) else { throw Damage("its entries are damaged") }
      let name = Array(block[offset + 8..<offset + 8 + count])
      offset += length
      if let expected = own.first {
        guard name == expected, expected.count == 2 || inode == number else {
          throw Damage("it does not begin with . and ..")
        }
        own.removeFirst()
      } else if inode != 0 {
        try check(name, inode)
        names.append((name, inode))
      }
    }
  }

  private func check(_ name: [UInt8], _ inode: UInt32) throws(Damage) {
    guard !name.isEmpty, name != [UInt8(ascii: ".")], name != Array("..".utf8), !name.contains(0),
      !name.contains(UInt8(ascii: "/"))
    else { throw Damage("it has the name \"\(TreeText.escaped(name))\"") }
    guard inode <= lastInode else {
      throw Damage("its \(TreeText.escaped(name)) is inode \(inode), of \(lastInode)")
    }
  }

  /// Lengths of 64 KiB and above do not fit in 16 bits (ext4_rec_len_from_disk).
  private static func length(_ stored: UInt16, in block: Int) -> Int {
    if block < 65536 { return Int(stored) }
    if stored == 0 || stored == 65535 { return block }
    return Int(stored & 65532) | Int(stored & 3) << 16
  }
}

extension Ext4FileSystem {
  fileprivate func directoryBlock(_ number: UInt64, of inode: UInt32) throws(Damage) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: bytesPerBlock)
    try Damage.check(
      bytes.withUnsafeMutableBytes { ext2fs_read_dir_block4(fs, number, $0.baseAddress!, 0, inode) })
    return bytes
  }
}
