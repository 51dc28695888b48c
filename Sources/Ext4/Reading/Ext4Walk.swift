import CExt2fs
import FileTree

/// Visits every name of an image, directory after directory.
struct Ext4Walk {
  private let image: Ext4FileSystem
  private(set) var entries: [FileEntry] = []
  /// Of each entry.
  private(set) var inodes: [UInt32] = []
  /// Of the regular files.
  private(set) var contents: [UInt32: StoredContent] = [:]

  /// The directory that came with the file system, if nothing is in it.
  private(set) var lostAndFound: UInt32?

  /// The first entry of each inode.
  private var first: [UInt32: Int] = [:]
  private var pending: [(path: TreePath, inode: StoredInode)] = []
  private var pathBytes = 0
  private var contentBytes: UInt64 = 0

  // No image for a machine comes near these. They bound the memory and the time that a hostile one takes.
  private static let mostNames = 4_000_000
  private static let mostPathBytes = 1 << 30
  /// Beyond the image's own size: holes, whose zeros are digested all the same.
  private static let mostHoles: UInt64 = 64 << 30

  init(_ image: Ext4FileSystem) { self.image = image }

  mutating func run() throws(Ext4ReadFailure) {
    image.releaseClaims()
    try visit(.root, StoredInode.root)
    guard pending.count == 1 else {
      throw Ext4ReadFailure(image.name, Damage("its root is not a directory"))
    }
    while let (path, inode) = pending.popLast() {
      let directory: StoredDirectory
      do throws(Damage) {
        directory = try StoredDirectory(inode, in: image)
      } catch {
        throw Ext4ReadFailure(image.name, path: "\(path)", error)
      }
      for (name, number) in directory.names {
        try visit(path.appending(name), number)
      }
      if directory.names.isEmpty, isLostAndFound(inode, at: path) { lostAndFound = inode.number }
    }
  }

  private mutating func visit(_ path: TreePath, _ number: UInt32) throws(Ext4ReadFailure) {
    do throws(Damage) {
      pathBytes += path.bytes.count
      if path.bytes.count > 4095 { throw Damage("its path has more than 4095 bytes", hints: []) }
      if entries.count == Self.mostNames || pathBytes > Self.mostPathBytes {
        throw Damage("it is one of more than \(entries.count) names, which are not read", hints: [])
      }
      if let index = first[number] {
        var entry = entries[index]
        if entry.kind == .directory { throw Damage("it is the directory \(entry.path)") }
        entry.path = path
        entries.append(entry)
      } else {
        first[number] = entries.count
        entries.append(try entry(path, number))
      }
      inodes.append(number)
    } catch {
      throw Ext4ReadFailure(image.name, path: "\(path)", error)
    }
  }

  private mutating func entry(_ path: TreePath, _ number: UInt32) throws(Damage) -> FileEntry {
    let inode = try image.inode(number)
    try inode.checkReadable()
    let kind = try inode.kind(in: image)
    var size: Int64 = 0
    switch kind {
    case .directory: pending.append((path, inode))
    case .symbolicLink(let target): size = Int64(target.count)
    case .file:
      let content = try StoredContent(of: inode, in: image)
      contents[number] = content
      size = Int64(content.size)
      contentBytes += content.size
      if contentBytes > image.medium.size + Self.mostHoles {
        throw Damage(
          "with it, files have more than \(Self.mostHoles >> 30) GiB of holes, which are not read", hints: [])
      }
    default: break
    }
    return FileEntry(
      path: path, kind: kind, mode: inode.mode, owner: inode.owner, modified: inode.modified, size: size,
      extendedAttributes: try StoredAttributes(of: inode, in: image).list)
  }

  /// Whether it is as mke2fs makes it: then it came with the file system, and not with the tree.
  private func isLostAndFound(_ inode: StoredInode, at path: TreePath) -> Bool {
    path == "lost+found" && inode.number == image.firstInode && inode.mode == 0o700 && inode.owner == .root
      && entries[first[inode.number]!].extendedAttributes.isEmpty
  }
}

extension StoredInode {
  func kind(in image: Ext4FileSystem) throws(Damage) -> FileEntry.Kind {
    switch format {
    case 0x1000: return .fifo
    case 0x2000: return .characterDevice(major: device.major, minor: device.minor)
    case 0x4000: return .directory
    case 0x6000: return .blockDevice(major: device.major, minor: device.minor)
    case 0x8000: return .file
    case 0xa000: return .symbolicLink(target: try target(in: image))
    case 0xc000: return .socket
    default: throw Damage("inode \(number) is of no kind that there is")
    }
  }

  private func target(in image: Ext4FileSystem) throws(Damage) -> [UInt8] {
    let size = try size()
    guard (1...4095).contains(size) else { throw Damage("its target has \(size) bytes") }
    let isFast = flags & (Flag.extents | Flag.inlineData) == 0 && size < Self.place.count
    let target =
      isFast
      ? Array(bytes[Self.place.prefix(Int(size))])
      : try StoredContent(of: self, in: image).bytes(atMost: 4095)
    if target.contains(0) { throw Damage("its target has a NUL") }
    return target
  }
}
