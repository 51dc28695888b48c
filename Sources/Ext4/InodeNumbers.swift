import FileTree

/// Gives every file of a tree its inode and every directory its names.
///
/// Inode 2 is the root, 11 `lost+found`; the others follow directory by directory in order of path, so
/// that the files of one directory are neighbours in the inode table. `lost+found` is made if the tree
/// has none: e2fsck would otherwise make it in an image that may have no free block left.
struct InodeNumbers {
  static let root: UInt32 = 2
  static let lostAndFound: UInt32 = 11
  static let reserved = 11
  /// EXT2_LINK_MAX. A directory may have more subdirectories (`dir_nlink`); its count is then 1.
  static let maximumLinks = 65000

  /// The tree's entries, and `lost+found` at the end if it has none.
  private(set) var entries: [FileEntry]
  /// The inode of each entry.
  private(set) var inodes: [UInt32]
  /// By directory: the entries in it, and itself.
  private(set) var directories: [Directory] = []
  /// Links to each inode, by number; the first are no file's.
  private(set) var links: [Int]
  /// The entry that each inode's metadata comes from, by number.
  private(set) var primary: [Int]

  struct Directory {
    var entry: Int
    /// Index in `directories`; the root is its own parent.
    var parent: Int
    var children: [Int] = []
  }

  /// `entries` are sorted by path and begin with the root.
  init(_ tree: [FileEntry], created: Int64) throws(Ext4Failure) {
    entries = tree
    guard let root = tree.first, root.path.isRoot, root.kind == .directory else {
      throw Ext4Failure(.image, "its tree has no root directory")
    }
    if !tree.contains(where: { $0.path == InodeNumbers.lostAndFoundPath }) {
      entries.append(
        FileEntry(
          path: InodeNumbers.lostAndFoundPath, kind: .directory, mode: 0o700,
          modified: Timestamp(seconds: created)))
    }
    inodes = []
    links = []
    primary = []
    try collect(tree.count)
    try number()
  }

  private static let lostAndFoundPath: TreePath = "lost+found"

  private mutating func collect(_ treeCount: Int) throws(Ext4Failure) {
    var index: [TreePath: Int] = [:]
    for (position, entry) in entries.enumerated() {
      if position > 0, position < treeCount, !(entries[position - 1].path < entry.path) {
        throw Ext4Failure(
          entry.path, "it does not come after \(entries[position - 1].path) in the order of paths")
      }
      var parent = 0
      if position > 0 {
        guard let known = index[entry.path.parent] else {
          throw Ext4Failure(entry.path, "its tree has no directory \(entry.path.parent)")
        }
        parent = known
        directories[parent].children.append(position)
      }
      let name = entry.path.name
      if name.count > 255 {
        throw Ext4Failure(entry.path, "its name has \(name.count) bytes, and ext4 holds 255")
      }
      guard entry.kind == .directory else { continue }
      index[entry.path] = directories.count
      directories.append(Directory(entry: position, parent: parent))
    }
  }

  private mutating func number() throws(Ext4Failure) {
    inodes = Array(repeating: 0, count: entries.count)
    links = Array(repeating: 0, count: InodeNumbers.reserved + 1)
    primary = Array(repeating: -1, count: InodeNumbers.reserved + 1)
    inodes[0] = InodeNumbers.root
    primary[Int(InodeNumbers.root)] = 0
    links[Int(InodeNumbers.root)] = 2
    var groups: [Int: Int] = [:]
    for directory in directories {
      for child in directory.children {
        try number(child, in: directory.entry, &groups)
      }
    }
    for first in groups.values.sorted() {
      let names = links[Int(inodes[first])]
      if names > InodeNumbers.maximumLinks {
        throw Ext4Failure(
          entries[first].path, "it has \(names) names, and ext4 holds \(InodeNumbers.maximumLinks)")
      }
    }
  }

  private mutating func number(
    _ child: Int, in parent: Int, _ groups: inout [Int: Int]
  ) throws(Ext4Failure) {
    let entry = entries[child]
    if let group = entry.hardLinkGroup {
      if entry.kind == .directory {
        throw Ext4Failure(entry.path, "a directory has one name, and this one is in hard-link group \(group)")
      }
      if let first = groups[group] {
        guard entries[first].kind == entry.kind, entries[first].size == entry.size else {
          throw Ext4Failure(entry.path, "it is a name of \(entries[first].path) and differs from it")
        }
        let inode = Int(inodes[first])
        inodes[child] = inodes[first]
        links[inode] += 1
        // Of several names, the first in order of path counts, in whichever directory it is.
        primary[inode] = min(primary[inode], child)
        return
      }
      groups[group] = child
    }
    if entry.path == InodeNumbers.lostAndFoundPath {
      guard entry.kind == .directory else {
        throw Ext4Failure(entry.path, "e2fsck needs a directory of this name")
      }
      inodes[child] = InodeNumbers.lostAndFound
      primary[Int(InodeNumbers.lostAndFound)] = child
    } else {
      guard primary.count < Int(UInt32.max) else { throw Ext4Failure(.image, "it has 2^32 files or more") }
      inodes[child] = UInt32(primary.count)
      primary.append(child)
      links.append(0)
    }
    links[Int(inodes[child])] = entry.kind == .directory ? 2 : 1
    if entry.kind == .directory { links[Int(inodes[parent])] += 1 }
  }
}
