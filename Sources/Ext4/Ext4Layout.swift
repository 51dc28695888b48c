import FileTree

/// The plan of an image: every inode and every block of it, settled before anything is written. It
/// follows from the tree, the data ranges and the options alone; making it reads no file.
package struct Ext4Layout: Sendable {
  package let options: Ext4Options
  let geometry: Geometry
  /// The tree's entries, and `lost+found` at the end if it has none.
  let entries: [FileEntry]
  /// Root, then `lost+found`, then the others by number.
  let inodes: [Inode]
  let checksum: Checksum
  /// What lies between the inode tables and the free space.
  let areas: [Area: BlockRange]

  /// In the order in which they lie there.
  enum Area: Int, Sendable, CaseIterable {
    case directories, symbolicLinks, attributes, extentTrees, data
  }

  /// Of the file, in bytes.
  package var byteCount: Int64 { geometry.byteCount }
  /// Bytes of file content that writing reads.
  package var contentBytes: Int64 { inodes.reduce(0) { $0 + $1.contentBytes } }

  /// Where the content of each file lies in the image, by index of the entry; every name of a file tells.
  package var places: [[PackedContent.Piece]] {
    var places = [[PackedContent.Piece]](repeating: [], count: entries.count)
    var groups: [Int: [PackedContent.Piece]] = [:]
    for inode in inodes where inode.blocks(in: .data) > 0 {
      var block = inode.firstBlock
      places[inode.entry] = inode.data.map { range in
        let piece = PackedContent.Piece(
          start: range.offset, place: BlockRange(start: block, count: range.count).offset,
          count: min(Int64(range.count) * Int64(blockSize), inode.size - range.offset))
        block += range.count
        return piece
      }
      if let group = entries[inode.entry].hardLinkGroup { groups[group] = places[inode.entry] }
    }
    for (index, entry) in entries.enumerated() {
      if let group = entry.hardLinkGroup { places[index] = groups[group] ?? [] }
    }
    return places
  }

  /// `entries` are sorted by path, the root first. An entry that ext4 cannot hold, one without its
  /// directory and a size that is too small are errors.
  package init(
    _ tree: [FileEntry], data ranges: DataRanges = .dense, options: Ext4Options
  ) throws {
    try options.check()
    let numbers = try InodeNumbers(tree, created: options.created)
    let seed = stride(from: 0, to: 16, by: 4).map { word in
      options.hashSeed[word..<word + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    var inodes = try [InodeNumbers.root, InodeNumbers.lostAndFound].map { try Inode($0, numbers, ranges) }
    for number in InodeNumbers.reserved + 1..<max(InodeNumbers.reserved + 1, numbers.primary.count) {
      inodes.append(try Inode(UInt32(number), numbers, ranges))
    }
    for directory in numbers.directories {
      let inode = numbers.inodes[directory.entry]
      let plan = try Directory(
        inode: inode, parent: numbers.inodes[numbers.directories[directory.parent].entry],
        names: directory.children.map {
          DirectoryEntry(
            name: numbers.entries[$0].path.name, inode: numbers.inodes[$0],
            type: DirectoryEntry.type(of: numbers.entries[$0].kind))
        }, seed: seed, path: numbers.entries[directory.entry].path)
      inodes[Ext4Layout.index(of: inode)].become(plan)
    }
    self.options = options
    self.entries = numbers.entries
    self.checksum = Checksum(uuid: options.uuid)
    (self.inodes, self.areas, self.geometry) = try Ext4Layout.placed(inodes, options)
  }

  /// Where the inode of a number is in `inodes`.
  static func index(of number: UInt32) -> Int {
    number == InodeNumbers.root ? 0 : Int(number) - InodeNumbers.reserved + 1
  }

  /// Sets the blocks of every inode: area after area, in each of them in order of inodes.
  private static func placed(
    _ planned: [Inode], _ options: Ext4Options
  ) throws(Ext4Failure) -> ([Inode], [Area: BlockRange], Geometry) {
    let counts = Area.allCases.map { area in planned.reduce(Int64(0)) { $0 + Int64($1.blocks(in: area)) } }
    let geometry = try Geometry(
      contentBlocks: counts.reduce(0, +), inodes: Int64(InodeNumbers.reserved + planned.count - 2),
      options: options)
    var inodes = planned
    var areas: [Area: BlockRange] = [:]
    var next = UInt32(geometry.content)
    for area in Area.allCases {
      let start = next
      for index in inodes.indices {
        let count = inodes[index].blocks(in: area)
        if count > 0 { inodes[index].place(next, in: area) }
        next += count
      }
      areas[area] = BlockRange(start: start, count: next - start)
    }
    return (inodes, areas, geometry)
  }
}

extension Ext4Layout: CustomStringConvertible {
  /// What `build --dry-run` shows: the counts, then which blocks are what.
  package var description: String {
    let used = inodes.count + InodeNumbers.reserved - 2
    var lines = [
      "\(geometry.byteCount) bytes, \(geometry.blockCount) blocks of \(blockSize), \(geometry.groupCount) groups",
      "\(geometry.inodeCount) inodes of \(Geometry.inodeSize), \(used) used; \(geometry.freeBlocks) blocks free",
    ]
    func add(_ name: String, _ start: Int64, _ count: Int64) {
      if count > 0 { lines.append("\(start)-\(start + count - 1) \(name)") }
    }
    add("superblock", 0, 1)
    add("group descriptors", 1, geometry.descriptorBlocks)
    add("block bitmaps", geometry.blockBitmaps, geometry.groupCount)
    add("inode bitmaps", geometry.inodeBitmaps, geometry.groupCount)
    add("inode tables", geometry.inodeTables, geometry.content - geometry.inodeTables)
    let names = ["directories", "symbolic links", "extended attributes", "extent trees", "file data"]
    for (area, name) in zip(Ext4Layout.Area.allCases, names) {
      if let range = areas[area] { add(name, Int64(range.start), Int64(range.count)) }
    }
    add("free", geometry.blockCount - geometry.freeBlocks, geometry.freeBlocks)
    return lines.joined(separator: "\n")
  }
}
