import CLinux
import Diagnosis
import Glibc

/// Lists a directory tree without following symbolic links and without leaving its file system: a
/// mount point is listed, what is mounted there is not.
package struct TreeWalk {
  private let root: CInt
  private let ownership: Ownership
  private let observe: (TreePath, stat) -> Void
  private var entries: [FileEntry] = []
  /// The file behind each entry that other names may share, by index in `entries`.
  private var shared: [Int: Inode] = [:]

  private struct Inode: Hashable {
    var device: UInt64
    var number: UInt64
  }

  /// The entries below the open directory `root`, sorted by path, the root itself first. Names of one
  /// file share a `hardLinkGroup`, numbered from 1 in order of path. `observe` is told what lstat(2) says
  /// of each regular file.
  package static func entries(
    below root: CInt, ownership: Ownership = Ownership(),
    observe: @escaping (TreePath, stat) -> Void = { _, _ in }
  ) throws -> [FileEntry] {
    var walk = TreeWalk(root: root, ownership: ownership, observe: observe)
    try walk.run()
    return walk.entries
  }

  private init(root: CInt, ownership: Ownership, observe: @escaping (TreePath, stat) -> Void) {
    self.root = root
    self.ownership = ownership
    self.observe = observe
  }

  private mutating func run() throws {
    var status = stat()
    try system("read", "/") { fstat(root, &status) }
    let device = status.st_dev
    entries.append(try entry(at: .root, in: root, name: [CChar(UInt8(ascii: ".")), 0], status))
    // Directories are opened again by path, so that a deep tree does not use up descriptors.
    var pending = [TreePath.root]
    while let directory = pending.popLast() {
      try list(directory, device: device) { pending.append($0) }
    }
    sort()
  }

  private mutating func list(_ path: TreePath, device: dev_t, found subdirectory: (TreePath) -> Void) throws {
    let descriptor = try openBeneath(root, path, O_RDONLY | O_DIRECTORY)
    defer { close(descriptor) }
    for name in try names(in: descriptor, path) {
      let child = path.appending(name.dropLast().map(UInt8.init(bitPattern:)))
      guard child.bytes.count <= 4095 else {
        throw SystemFailure("list", "\(child)", code: ENAMETOOLONG)
      }
      var status = stat()
      try system("read", "\(child)") { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
      if status.st_mode & S_IFMT == S_IFDIR {
        // Only a directory tells: overlayfs shows other files with the device of their layer.
        if status.st_dev == device { subdirectory(child) }
      } else if status.st_nlink > 1 {
        shared[entries.count] = Inode(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
      }
      if status.st_mode & S_IFMT == S_IFREG { observe(child, status) }
      entries.append(try entry(at: child, in: descriptor, name: name, status))
    }
  }

  /// The names in a directory, each with a NUL behind it, in the file system's order.
  private func names(in descriptor: CInt, _ path: TreePath) throws -> [[CChar]] {
    let copy = try system("list", "\(path)") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    guard let stream = fdopendir(copy) else {
      defer { close(copy) }
      throw SystemFailure("list", "\(path)")
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while true {
      errno = 0
      guard let found = readdir(stream) else {
        if errno != 0 { throw SystemFailure("list", "\(path)") }
        return names
      }
      let name = withUnsafeBytes(of: &found.pointee.d_name) { bytes in
        bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
      }
      if name != Array(".".utf8CString), name != Array("..".utf8CString) { names.append(name) }
    }
  }

  private func entry(at path: TreePath, in directory: CInt, name: [CChar], _ status: stat) throws -> FileEntry
  {
    let kind = try kind(of: path, in: directory, name: name, status)
    let size: Int64 =
      switch kind {
      case .file: Int64(status.st_size)
      case .symbolicLink(let target): Int64(target.count)
      default: 0
      }
    return FileEntry(
      path: path, kind: kind, mode: UInt16(status.st_mode & 0o7777),
      owner: ownership.owner(of: path, status),
      modified: Timestamp(
        seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec)),
      size: size,
      extendedAttributes: try extendedAttributes(of: path, in: directory, name: name))
  }

  private func kind(
    of path: TreePath, in directory: CInt, name: [CChar], _ status: stat
  ) throws -> FileEntry.Kind {
    if let device = ownership.device(at: path, status) { return device }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFREG: return .file
    case S_IFIFO: return .fifo
    case S_IFSOCK: return .socket
    case S_IFLNK:
      var target = [CChar](repeating: 0, count: 4096)
      let count = try system("read", "\(path)") { readlinkat(directory, name, &target, target.count) }
      return .symbolicLink(target: target[..<count].map(UInt8.init(bitPattern:)))
    default: preconditionFailure("a kind of file that Linux does not have: \(status.st_mode)")
    }
  }

  private func extendedAttributes(
    of path: TreePath, in directory: CInt, name: [CChar]
  ) throws -> [ExtendedAttribute] {
    let list = try read("list the extended attributes of", "\(path)") { buffer, size in
      clinux_list_xattrs_at(directory, name, buffer, size)
    }
    var attributes: [ExtendedAttribute] = []
    var capability: [UInt8]?
    for attribute in list.split(separator: 0) {
      let attributeName = String(decoding: attribute, as: UTF8.self)
      let value = try read("read the extended attribute \(attributeName) of", "\(path)") { buffer, size in
        clinux_get_xattr_at(directory, name, attributeName, buffer, size)
      }
      if attributeName == Ownership.capabilityName {
        capability = value
      } else {
        attributes.append(ExtendedAttribute(name: attributeName, value: value))
      }
    }
    if let value = ownership.capability(of: path, onDisk: capability) {
      attributes.append(ExtendedAttribute(name: Ownership.capabilityName, value: value))
    }
    return attributes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// A value whose size is asked for first, and again if it grew meanwhile. A file system without
  /// extended attributes has none.
  private func read(
    _ verb: String, _ object: String, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws -> [UInt8] {
    while true {
      let size = call(nil, 0)
      if size == 0 { return [] }
      if size < 0 {
        if errno == EOPNOTSUPP { return [] }
        throw SystemFailure(verb, object)
      }
      var grew = false
      let value = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        let got = buffer.withMemoryRebound(to: CChar.self) { call($0.baseAddress, size) }
        if got < 0 && errno != ERANGE { throw SystemFailure(verb, object) }
        grew = got < 0
        count = max(0, got)
      }
      if !grew { return value }
    }
  }

  /// Sorts by path and numbers the hard-link groups; a file with one name in the tree is in none.
  private mutating func sort() {
    var names: [Inode: Int] = [:]
    for inode in shared.values { names[inode, default: 0] += 1 }
    let order = entries.indices.sorted { entries[$0].path < entries[$1].path }
    var groups: [Inode: Int] = [:]
    entries = order.map { index in
      var entry = entries[index]
      if let inode = shared[index], names[inode]! > 1 {
        let next = groups.count + 1
        entry.hardLinkGroup = groups[inode, default: next]
        groups[inode] = entry.hardLinkGroup
      }
      return entry
    }
  }
}
