import FileTree

/// Everything that an image holds, as entries of a tree: those that an image was written from are read
/// back from it. The empty `lost+found` that every ext4 file system has is not among them.
package struct Ext4Tree: Sendable {
  /// Sorted by path, the root first. Names of one file share a `hardLinkGroup`, as in `TreeWalk`.
  package let entries: [FileEntry]
  /// Of each entry.
  private let inodes: [UInt32]
  private let contents: [UInt32: StoredContent]
  private let image: String

  package init(of image: Ext4FileSystem) throws(Ext4ReadFailure) {
    var walk = Ext4Walk(image)
    try walk.run()
    self.image = image.name
    contents = walk.contents
    // In this order, every group's first name comes first.
    let order = walk.entries.indices.filter { walk.inodes[$0] != walk.lostAndFound }.sorted {
      walk.entries[$0].path < walk.entries[$1].path
    }
    var names: [UInt32: Int] = [:]
    for number in walk.inodes { names[number, default: 0] += 1 }
    var groups: [UInt32: Int] = [:]
    var entries: [FileEntry] = []
    entries.reserveCapacity(order.count)
    for index in order {
      var entry = walk.entries[index]
      if entry.path == entries.last?.path {
        throw Ext4ReadFailure(image.name, path: "\(entry.path)", Damage("its directory has this name twice"))
      }
      let number = walk.inodes[index]
      if names[number]! > 1 {
        let group = groups[number, default: groups.count + 1]
        groups[number] = group
        entry.hardLinkGroup = group
      }
      entries.append(entry)
    }
    self.entries = entries
    inodes = order.map { walk.inodes[$0] }
  }

  /// The digest of a regular file's content. Any thread may ask.
  package func digest(of entry: FileEntry) throws(Ext4ReadFailure) -> Digest {
    try read(entry) { content throws(Damage) in try content.digest() }
  }

  /// The content of a regular file that is expected to have at most `limit` bytes.
  package func content(of entry: FileEntry, atMost limit: Int) throws(Ext4ReadFailure) -> [UInt8] {
    try read(entry) { content throws(Damage) in try content.bytes(atMost: limit) }
  }

  /// Fills `buffer` with a regular file's content from byte `offset` on, and returns how many bytes there
  /// were: fewer than there is room for only at the end.
  package func read(
    _ entry: FileEntry, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(Ext4ReadFailure) -> Int {
    try read(entry) { content throws(Damage) in try content.read(into: buffer, at: offset) }
  }

  private func read<R>(
    _ entry: FileEntry, _ body: (StoredContent) throws(Damage) -> R
  ) throws(Ext4ReadFailure) -> R {
    guard let index = index(of: entry.path), let content = contents[inodes[index]] else {
      preconditionFailure("\(entry.path) is no regular file of this tree")
    }
    do throws(Damage) {
      return try body(content)
    } catch {
      throw Ext4ReadFailure(image, path: "\(entry.path)", error)
    }
  }

  private func index(of path: TreePath) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].path == path ? low : nil
  }
}
