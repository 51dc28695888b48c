import CExt2fs
import FileTree

/// An inode's extended attributes: as many as fit behind its fixed part, the others in one block.
struct Attributes: Sendable {
  private let inInode: [Attribute]
  private let inBlock: [Attribute]

  /// Bytes of an inode behind `i_extra_isize` (32) and the magic number.
  private static let inodeCapacity = Geometry.inodeSize - inodeOffset - 4
  static let inodeOffset = 128 + 32
  private static let blockHeader = 32
  private static let blockCapacity = blockSize - blockHeader
  private static let magic: UInt32 = 0xea02_0000

  var needsBlock: Bool { !inBlock.isEmpty }

  private struct Attribute: Sendable {
    /// Number of the name's prefix, which is not stored.
    var index: UInt8
    var name: ArraySlice<UInt8>
    var value: [UInt8]

    /// With the value, in steps of 4.
    var length: Int { headLength + valueLength }
    var headLength: Int { (16 + name.count + 3) & ~3 }
    var valueLength: Int { (value.count + 3) & ~3 }
  }

  /// Nil for an entry without any.
  init?(of entry: FileEntry) throws(Ext4Failure) {
    if entry.extendedAttributes.isEmpty { return nil }
    var attributes: [Attribute] = []
    for attribute in entry.extendedAttributes {
      attributes.append(try Attributes.encoded(attribute, of: entry.path))
    }
    // What the kernel reads at every `exec` and access check comes first, the others by name.
    let order = attributes.indices.sorted {
      (Attributes.rank(attributes[$0].index), $0) < (Attributes.rank(attributes[$1].index), $1)
    }
    var inInode: [Attribute] = []
    var inBlock: [Attribute] = []
    // Four zero bytes end the list.
    var left = Attributes.inodeCapacity - 4
    for index in order {
      if attributes[index].length <= left {
        left -= attributes[index].length
        inInode.append(attributes[index])
      } else {
        inBlock.append(attributes[index])
      }
    }
    let needed = inBlock.reduce(4) { $0 + $1.length }
    if needed > Attributes.blockCapacity {
      throw Ext4Failure(
        entry.path,
        "its extended attributes need \(needed) bytes beyond its inode, and ext4 holds \(Attributes.blockCapacity)"
      )
    }
    self.inInode = inInode
    // The kernel searches a block in this order.
    self.inBlock = inBlock.sorted {
      ($0.index, $0.name.count) != ($1.index, $1.name.count)
        ? ($0.index, $0.name.count) < ($1.index, $1.name.count)
        : $0.name.lexicographicallyPrecedes($1.name)
    }
  }

  private static func rank(_ index: UInt8) -> Int { index == security ? 0 : index == user ? 2 : 1 }

  private static let user: UInt8 = 1
  private static let security: UInt8 = 6

  /// The prefixes that ext4 numbers (fs/ext4/xattr.h); an access control list's is its whole name.
  private static let prefixes: [(prefix: String, index: UInt8)] = [
    ("user.", user), ("trusted.", 4), ("security.", security),
  ]
  private static let accessLists: [String: UInt8] = [
    "system.posix_acl_access": 2, "system.posix_acl_default": 3,
  ]

  private static func encoded(_ attribute: ExtendedAttribute, of path: TreePath) throws(Ext4Failure)
    -> Attribute
  {
    if let index = accessLists[attribute.name] {
      guard let value = AccessList.stored(attribute.value) else {
        throw Ext4Failure(path, "its \(attribute.name) is not an access control list")
      }
      return Attribute(index: index, name: [], value: value)
    }
    for (prefix, index) in prefixes where attribute.name.utf8.starts(with: prefix.utf8) {
      let name = Array(attribute.name.utf8)[prefix.utf8.count...]
      if name.isEmpty || name.count > 255 { break }
      return Attribute(index: index, name: name, value: attribute.value)
    }
    throw Ext4Failure(path, "ext4 has no place for its extended attribute \(attribute.name)")
  }

  /// Writes those in the inode to its 256 bytes.
  func putInode(in record: UnsafeMutableRawBufferPointer) {
    if inInode.isEmpty { return }
    record.put(Attributes.magic, at: Attributes.inodeOffset)
    let start = Attributes.inodeOffset + 4
    // Values count from the first entry, and need no hash.
    put(inInode, in: record, from: start, valuesFrom: start, hashed: false)
  }

  /// Writes the block that lies at `number`.
  func putBlock(in block: UnsafeMutableRawBufferPointer, at number: UInt32, _ checksum: Checksum) {
    block.put(Attributes.magic, at: 0)
    block.put(UInt32(1), at: 4)
    block.put(UInt32(1), at: 8)
    let hashes = put(inBlock, in: block, from: Attributes.blockHeader, valuesFrom: 0, hashed: true)
    // ext4_xattr_rehash
    block.put(hashes.reduce(UInt32(0)) { ($0 << 16) ^ ($0 >> 16) ^ $1 }, at: 12)
    block.put(checksum.attributeBlock(block, at: number), at: 16)
  }

  /// Entries from `start` up, values from the end down; returns the entries' hashes.
  @discardableResult
  private func put(
    _ attributes: [Attribute], in bytes: UnsafeMutableRawBufferPointer, from start: Int,
    valuesFrom origin: Int, hashed: Bool
  ) -> [UInt32] {
    var offset = start
    var values = bytes.count
    var hashes: [UInt32] = []
    for attribute in attributes {
      values -= attribute.valueLength
      bytes.put(UInt8(attribute.name.count), at: offset)
      bytes.put(attribute.index, at: offset + 1)
      bytes.put(UInt16(attribute.value.isEmpty ? 0 : values - origin), at: offset + 2)
      bytes.put(UInt32(attribute.value.count), at: offset + 8)
      bytes.put(attribute.name, at: offset + 16)
      bytes.put(attribute.value, at: values)
      if hashed {
        let entry = (bytes.baseAddress! + offset).assumingMemoryBound(to: ext2_ext_attr_entry.self)
        let hash = ext2fs_ext_attr_hash_entry(entry, bytes.baseAddress! + values)
        bytes.put(hash, at: offset + 12)
        hashes.append(hash)
      }
      offset += attribute.headLength
    }
    return hashes
  }
}
