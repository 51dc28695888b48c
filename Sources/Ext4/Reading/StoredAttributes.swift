import CExt2fs
import FileTree

/// An inode's extended attributes: those behind its fixed part, in its block, and values that have an
/// inode of their own.
struct StoredAttributes {
  /// Sorted by name.
  private(set) var list: [ExtendedAttribute] = []
  /// The part of an inline file that does not fit in the place of the block map.
  private(set) var inlineData: [UInt8] = []

  private let image: Ext4FileSystem
  private static let magic: UInt32 = 0xea02_0000
  private static let blockHeader = 32
  private static let entryHeader = 16
  /// XATTR_SIZE_MAX of the kernel.
  private static let longestValue = 65536

  init(of inode: StoredInode, in image: Ext4FileSystem) throws(Damage) {
    self.image = image
    let start = 128 + inode.extraSize
    if inode.bytes.count >= start + 4, inode.extraSize > 0,
      inode.bytes.number(UInt32.self, at: start) == Self.magic
    {
      let area = Array(inode.bytes[(start + 4)...])
      try read(area, from: 0)
    }
    if inode.attributeBlock != 0 {
      let area = try image.attributeBlock(inode.attributeBlock, of: inode.number)
      guard area.number(UInt32.self, at: 0) == Self.magic, area.number(UInt32.self, at: 8) == 1 else {
        throw Damage("block \(inode.attributeBlock) holds no extended attributes")
      }
      try read(area, from: Self.blockHeader)
    }
    list.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (one, other) in zip(list, list.dropFirst()) where one.name == other.name {
      throw Damage("it has the extended attribute \(one.name) twice")
    }
  }

  /// `ext4_xattr_entry` after entry, ended by four zero bytes or by the area; values count from its start.
  private mutating func read(_ area: [UInt8], from start: Int) throws(Damage) {
    var offset = start
    while offset + 4 <= area.count, area.number(UInt32.self, at: offset) != 0 {
      let length = Int(area[offset])
      let nameStart = offset + Self.entryHeader
      guard nameStart + length <= area.count else { throw Damage("its extended attributes are damaged") }
      let name = area[nameStart..<nameStart + length]
      let (index, inode) = (area[offset + 1], area.number(UInt32.self, at: offset + 4))
      let count = Int(area.number(UInt32.self, at: offset + 8))
      let value: [UInt8]
      if inode != 0 {
        value = try image.attributeValue(inode, count: count, atMost: Self.longestValue)
      } else {
        let place = Int(area.number(UInt16.self, at: offset + 2))
        guard place + count <= area.count else { throw Damage("its extended attributes are damaged") }
        value = Array(area[place..<place + count])
      }
      try add(index, name, value)
      offset = nameStart + (length + 3) & ~3
    }
  }

  private mutating func add(_ index: UInt8, _ name: ArraySlice<UInt8>, _ value: [UInt8]) throws(Damage) {
    let suffix = String(decoding: name, as: UTF8.self)
    switch index {
    // The prefixes that fs/ext4/xattr.h numbers.
    case 1: list.append(ExtendedAttribute(name: "user." + suffix, value: value))
    case 2, 3:
      let kind = index == 2 ? "access" : "default"
      guard name.isEmpty, let shown = AccessList.shown(value) else {
        throw Damage("its \(kind) access control list is none")
      }
      list.append(ExtendedAttribute(name: "system.posix_acl_\(kind)", value: shown))
    case 4: list.append(ExtendedAttribute(name: "trusted." + suffix, value: value))
    case 6: list.append(ExtendedAttribute(name: "security." + suffix, value: value))
    case 7 where suffix == "data": inlineData = value
    case 8: list.append(ExtendedAttribute(name: "system.richacl", value: value))
    case 10: list.append(ExtendedAttribute(name: "gnu." + suffix, value: value))
    default: throw Damage("it has an extended attribute of the unknown kind \(index)")
    }
  }
}

extension Ext4FileSystem {
  /// Several inodes may share a block of attributes, so nobody claims it.
  fileprivate func attributeBlock(_ number: UInt64, of inode: UInt32) throws(Damage) -> [UInt8] {
    guard number < blockCount else {
      throw Damage("its attributes are in block \(number), of an image of \(blockCount)")
    }
    var bytes = [UInt8](repeating: 0, count: bytesPerBlock)
    try Damage.check(
      bytes.withUnsafeMutableBytes { ext2fs_read_ext_attr3(fs, number, $0.baseAddress!, inode) })
    return bytes
  }

  /// A value that has an inode of its own. Many attributes may share it: it is read and claimed once.
  fileprivate func attributeValue(_ number: UInt32, count: Int, atMost limit: Int) throws(Damage) -> [UInt8] {
    if let value = attributeValues[number], value.count == count { return value }
    let inode = try inode(number)
    guard inode.flags & StoredInode.Flag.attributeValue != 0, inode.flags & StoredInode.Flag.inlineData == 0,
      count <= limit, try inode.size() == count
    else { throw Damage("inode \(number) is not the value of its extended attribute") }
    let value = try StoredContent(of: inode, in: self).bytes(atMost: limit)
    attributeValues[number] = value
    return value
  }
}
