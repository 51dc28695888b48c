import CLinux
import Diagnosis
import FileTree
import Glibc
import Synchronization

/// Writes the jobs of an image, each independent of the others, on any thread.
final class Writer: Sendable {
  private let layout: Ext4Layout
  private let descriptor: CInt
  private let progress: @Sendable (Int64) -> Void
  private let done = Mutex<Int64>(0)

  init(layout: Ext4Layout, descriptor: CInt, progress: @escaping @Sendable (Int64) -> Void) {
    self.layout = layout
    self.descriptor = descriptor
    self.progress = progress
  }

  func run(_ job: Job, _ contents: some FileContents) throws {
    switch job {
    case .inodeTable(let numbers): try writeInodes(numbers)
    case .metadata(let area, let range): try writeMetadata(area, range)
    case .files(let range): try writeFiles(range, contents)
    case .extent(let inode, let extent): try copy(extent, of: layout.inodes[inode], contents)
    }
  }

  private func advance(_ bytes: Int64) {
    done.withLock {
      $0 += bytes
      progress($0)
    }
  }

  private func writeInodes(_ numbers: Range<UInt32>) throws {
    // Tables are neighbours and whole blocks, so that an inode's place follows from its number.
    let offset = offset(of: numbers.lowerBound)
    try withZeros(numbers.count * Geometry.inodeSize) { buffer in
      for number in numbers {
        let start = Int(number - numbers.lowerBound) * Geometry.inodeSize
        let record = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Geometry.inodeSize])
        if number < InodeNumbers.lostAndFound && number != InodeNumbers.root {
          Inode.putReserved(number, layout.checksum, in: record)
        } else {
          let inode = layout.inodes[Ext4Layout.index(of: number)]
          inode.put(
            layout.entries[inode.entry], created: layout.options.created, layout.checksum, in: record)
        }
      }
      try write(buffer, at: offset)
    }
  }

  private func offset(of number: UInt32) -> Int64 {
    layout.geometry.inodeTables * Int64(blockSize) + Int64(number - 1) * Int64(Geometry.inodeSize)
  }

  private func writeMetadata(_ area: Ext4Layout.Area, _ range: Range<Int>) throws {
    let inodes = layout.inodes[range].filter { $0.blocks(in: area) > 0 }
    let start = inodes.first!.firstBlock(in: area)
    let end = inodes.last!.firstBlock(in: area) + inodes.last!.blocks(in: area)
    try withZeros(Int(end - start) * blockSize) { buffer in
      for inode in inodes {
        let first = Int(inode.firstBlock(in: area) - start) * blockSize
        let length = Int(inode.blocks(in: area)) * blockSize
        put(area, of: inode, in: UnsafeMutableRawBufferPointer(rebasing: buffer[first..<first + length]))
      }
      try write(buffer, at: BlockRange(start: start, count: end - start).offset)
    }
  }

  private func put(_ area: Ext4Layout.Area, of inode: Inode, in bytes: UnsafeMutableRawBufferPointer) {
    switch area {
    case .directories: inode.directory!.put(in: bytes, layout.checksum)
    case .symbolicLinks:
      if case .symbolicLink(let target) = layout.entries[inode.entry].kind { bytes.put(target, at: 0) }
    case .attributes: inode.attributes!.putBlock(in: bytes, at: inode.attributeBlock, layout.checksum)
    case .extentTrees:
      ExtentTree.putBlocks(
        inode.extents, from: inode.firstTreeBlock, inode: inode.number, layout.checksum, in: bytes)
    case .data: preconditionFailure("content is no metadata")
    }
  }

  private func writeFiles(_ range: Range<Int>, _ contents: some FileContents) throws {
    let inodes = layout.inodes[range].filter { $0.blocks(in: .data) > 0 }
    let start = inodes.first!.firstBlock
    let end = inodes.last!.firstBlock + inodes.last!.dataBlocks
    let blocks = BlockRange(start: start, count: end - start)
    try withZeros(Int(blocks.count) * blockSize) { buffer in
      for inode in inodes {
        let entry = layout.entries[inode.entry]
        for extent in inode.extents {
          let first = Int(extent.physical - start) * blockSize
          let slice = buffer[first..<first + Int(extent.count) * blockSize]
          let range = BlockRange(start: extent.logical, count: extent.count)
          try contents.withContent(of: entry, at: range.offset) { source, offset in
            try read(
              range, of: entry, source, offset - range.offset,
              into: UnsafeMutableRawBufferPointer(rebasing: slice))
          }
        }
      }
      try write(buffer, at: blocks.offset)
    }
    advance(inodes.reduce(0) { $0 + $1.contentBytes })
  }

  private func copy(_ extent: Extent, of inode: Inode, _ contents: some FileContents) throws {
    let entry = layout.entries[inode.entry]
    let from = BlockRange(start: extent.logical, count: extent.count)
    let target = BlockRange(start: extent.physical, count: extent.count)
    // Behind the end of the content the last block is a hole of the new image, and so zero.
    let count = min(Int64(extent.count) * Int64(blockSize), inode.size - from.offset)
    let copied = try contents.withContent(of: entry, at: from.offset) { source, offset in
      try system("copy", "\(entry.path)") {
        clinux_copy_range(source, offset, descriptor, target.offset, count)
      }
    }
    if copied != count {
      throw ContentChanged(path: entry.path, expected: entry.size, found: from.offset + copied)
    }
    advance(count)
  }

  private func withZeros(
    _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: blockSize)
    defer { buffer.deallocate() }
    memset(buffer.baseAddress!, 0, count)
    try body(buffer)
  }

  private func write(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
    var done = 0
    while done < bytes.count {
      done += try system("write", "the image") {
        pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
      }
    }
  }
}
