import FileTree

extension Inode {
  private enum Flag {
    static let index: UInt32 = 0x1000
    static let extents: UInt32 = 0x80000
  }

  /// Writes `ext2_inode_large` to 256 zero bytes. Access and modification time are the entry's, change
  /// and creation time the image's.
  func put(_ file: FileEntry, created: Int64, _ checksum: Checksum, in record: UnsafeMutableRawBufferPointer)
  {
    record.put(Inode.format(of: file.kind) | file.mode & 0o7777, at: 0)
    record.put(UInt16(truncatingIfNeeded: file.owner.user), at: 2)
    record.put(UInt16(file.owner.user >> 16), at: 120)
    record.put(UInt16(truncatingIfNeeded: file.owner.group), at: 24)
    record.put(UInt16(file.owner.group >> 16), at: 122)
    record.put(UInt32(truncatingIfNeeded: size), at: 4)
    record.put(UInt32(size >> 32), at: 108)
    record.put(UInt16(links > InodeNumbers.maximumLinks ? 1 : links), at: 26)
    // In sectors of 512 bytes, with the blocks that are no data.
    let sectors =
      Ext4Layout.Area.allCases.reduce(Int64(0)) { $0 + Int64(blocks(in: $1)) } * Int64(blockSize / 512)
    record.put(UInt32(truncatingIfNeeded: sectors), at: 28)
    record.put(UInt16(sectors >> 32), at: 116)
    record.put(attributeBlock, at: 104)
    putTimes(file.modified, created: created, in: record)
    putBlocks(file, in: record)
    attributes?.putInode(in: record)
    let sum = checksum.inode(record, number: number)
    record.put(UInt16(truncatingIfNeeded: sum), at: 124)
    record.put(UInt16(sum >> 16), at: 130)
  }

  /// Writes the checksum of a reserved inode that has no content: without `i_extra_isize` there is room
  /// for half of it.
  static func putReserved(_ number: UInt32, _ checksum: Checksum, in record: UnsafeMutableRawBufferPointer) {
    record.put(UInt16(truncatingIfNeeded: checksum.inode(record, number: number)), at: 124)
  }

  private func putTimes(_ modified: Timestamp, created: Int64, in record: UnsafeMutableRawBufferPointer) {
    let created = Timestamp(seconds: created)
    record.put(UInt16(32), at: 128)  // i_extra_isize
    for (time, seconds, extra) in [
      (modified, 8, 140), (created, 12, 132), (modified, 16, 136), (created, 144, 148),
    ] {
      record.put(UInt32(truncatingIfNeeded: time.seconds), at: seconds)
      // What the lower 32 bits, read as signed, leave over, in two bits below the nanoseconds.
      let epoch = (time.seconds - Int64(Int32(truncatingIfNeeded: time.seconds))) >> 32
      record.put(time.nanoseconds << 2 | UInt32(epoch), at: extra)
    }
  }

  private func putBlocks(_ file: FileEntry, in record: UnsafeMutableRawBufferPointer) {
    let blocks = UnsafeMutableRawBufferPointer(rebasing: record[40..<100])
    switch file.kind {
    case .symbolicLink(let target) where target.count < Inode.longTarget:
      blocks.put(target, at: 0)
    case .file, .directory, .symbolicLink:
      record.put(Flag.extents | (directory?.isIndexed ?? false ? Flag.index : 0), at: 32)
      ExtentTree.putRoot(extents, treeBlocks: firstTreeBlock, in: blocks)
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      if major < 256 && minor < 256 {
        blocks.put(major << 8 | minor, at: 0)
      } else {
        blocks.put(minor & 0xff | major << 8 | (minor & ~0xff) << 12, at: 4)
      }
    case .fifo, .socket: break
    }
  }

  /// The S_IFMT bits, which are the same on every machine.
  private static func format(of kind: FileEntry.Kind) -> UInt16 {
    switch kind {
    case .fifo: 0o010000
    case .characterDevice: 0o020000
    case .directory: 0o040000
    case .blockDevice: 0o060000
    case .file: 0o100000
    case .symbolicLink: 0o120000
    case .socket: 0o140000
    }
  }
}
