import FileTree

/// One name in a directory.
struct DirectoryEntry: Sendable {
  var name: ArraySlice<UInt8>
  var inode: UInt32
  /// `file_type` of `ext4_dir_entry_2`.
  var type: UInt8

  /// Bytes of an entry whose name has `count` bytes, in steps of 4.
  static func length(of count: Int) -> Int { (8 + count + 3) & ~3 }

  static func type(of kind: FileEntry.Kind) -> UInt8 {
    switch kind {
    case .file: 1
    case .directory: 2
    case .characterDevice: 3
    case .blockDevice: 4
    case .fifo: 5
    case .socket: 6
    case .symbolicLink: 7
    }
  }
}

/// The blocks of one directory: a single block in order of names, or, when they do not fit, an index
/// (htree) over leaves in order of the names' hashes.
///
/// An index's blocks are its root, then the inner nodes if there are any, then the leaves. Leaves are
/// filled as far as names go: the image is written to be read, and the kernel splits a leaf when a
/// name is added.
struct Directory: Sendable {
  let inode: UInt32
  let parent: UInt32
  /// In the order in which the blocks hold them.
  let entries: [DirectoryEntry]
  /// First entry of each leaf, and what the index says of it: a hash below every name in the leaf and
  /// above those before, or, if equal hashes were parted, the hash with its lowest bit set. Empty if
  /// there is no index.
  let leaves: [(first: Int, hash: UInt32)]
  /// Inner nodes, 0 if the root points to the leaves.
  let nodes: Int

  /// What entries have of a block; the rest is the checksum's tail.
  static let capacity = blockSize - 12
  /// Entries of the root, behind `.`, `..` and its description, and of an inner node, behind an empty
  /// entry. The last 8 bytes are the checksum's.
  static let rootLimit = (blockSize - 32 - 8) / 8
  static let nodeLimit = (blockSize - 8 - 8) / 8

  var blockCount: Int { leaves.isEmpty ? 1 : 1 + nodes + leaves.count }
  var isIndexed: Bool { !leaves.isEmpty }

  /// `path` is for the error: two index levels hold 258,570 leaves, and the kernel follows a third
  /// only with the feature `large_dir`.
  init(
    inode: UInt32, parent: UInt32, names: [DirectoryEntry], seed: [UInt32], path: TreePath
  ) throws(Ext4Failure) {
    self.inode = inode
    self.parent = parent
    let length = names.reduce(24) { $0 + DirectoryEntry.length(of: $1.name.count) }
    if length <= Directory.capacity {
      (entries, leaves, nodes) = (names, [], 0)
      return
    }
    let hashes = names.map { NameHash($0.name, seed: seed) }
    // Equal hashes keep the order of names.
    let order = names.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
    var leaves: [(first: Int, hash: UInt32)] = []
    var used = Directory.capacity
    for (position, index) in order.enumerated() {
      let length = DirectoryEntry.length(of: names[index].name.count)
      if used + length > Directory.capacity {
        let hash = hashes[index].major
        let isParted = position > 0 && hashes[order[position - 1]].major == hash
        leaves.append((position, position == 0 ? 0 : isParted ? hash | 1 : hash))
        used = 0
      }
      used += length
    }
    let nodes =
      leaves.count <= Directory.rootLimit
      ? 0 : (leaves.count + Directory.nodeLimit - 1) / Directory.nodeLimit
    if nodes > Directory.rootLimit {
      throw Ext4Failure(
        path,
        "its names fill \(leaves.count) blocks, and an index of two levels holds \(Directory.rootLimit * Directory.nodeLimit)"
      )
    }
    self.entries = order.map { names[$0] }
    self.leaves = leaves
    self.nodes = nodes
  }
}
