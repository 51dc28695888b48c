/// A part of the image that one thread writes; no two of them touch the same block.
enum Job: Sendable {
  /// Inodes by number.
  case inodeTable(Range<UInt32>)
  /// Directory, symbolic link, attribute and extent tree blocks of some inodes, by index, one area at
  /// a time.
  case metadata(Ext4Layout.Area, Range<Int>)
  /// Files that are neighbours in the data area, by index, read into one buffer.
  case files(Range<Int>)
  /// A part of one extent of a larger file.
  case extent(inode: Int, Extent)

  /// Blocks that a job writes at once.
  private static let step: UInt32 = 256
  private static let copyStep: UInt32 = 4096
  /// A file of more blocks is copied by the kernel, if it can.
  static let smallFile: UInt32 = 16

  static func all(of layout: Ext4Layout) -> [Job] {
    var jobs: [Job] = []
    let last = layout.inodes.last!.number
    let inodesPerStep = step * UInt32(blockSize / Geometry.inodeSize)
    for first in stride(from: UInt32(1), through: last, by: Int(inodesPerStep)) {
      jobs.append(.inodeTable(first..<min(last + 1, first + inodesPerStep)))
    }
    for area in Ext4Layout.Area.allCases where area != .data {
      jobs += runs(of: layout.inodes, in: area, largest: .max).map { .metadata(area, $0) }
    }
    jobs += runs(of: layout.inodes, in: .data, largest: smallFile).map { .files($0) }
    for (index, inode) in layout.inodes.enumerated() where inode.blocks(in: .data) > smallFile {
      for extent in inode.extents {
        for start in stride(from: 0, to: extent.count, by: Int(copyStep)) {
          let part = Extent(
            logical: extent.logical + start, physical: extent.physical + start,
            count: min(copyStep, extent.count - start))
          jobs.append(.extent(inode: index, part))
        }
      }
    }
    return jobs
  }

  /// Runs of inodes whose blocks are neighbours: at most `step` blocks unless one inode alone has
  /// more. Inodes without blocks belong to any run, one with more than `largest` to none.
  private static func runs(
    of inodes: [Inode], in area: Ext4Layout.Area, largest: UInt32
  ) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var first: Int?
    var sum: UInt32 = 0
    func finish(at end: Int) {
      if let start = first { runs.append(start..<end) }
      (first, sum) = (nil, 0)
    }
    for (index, inode) in inodes.enumerated() {
      let count = inode.blocks(in: area)
      if count == 0 { continue }
      if count > largest || sum + count > step { finish(at: index) }
      if count > largest { continue }
      if first == nil { first = index }
      sum += count
    }
    finish(at: inodes.count)
    return runs
  }
}
