import CLinux
import Diagnosis
import Glibc

/// The one door through which names are made in a tree. Every path is resolved below the root by the
/// kernel (openat2(2), RESOLVE_IN_ROOT): a symbolic link in the tree, absolute or not, leads to where
/// it would lead inside, never out, and `bin -> usr/bin` is passed through. The last component is
/// never followed. One writer serves one thread; several may share a tree.
package struct TreeWriter: ~Copyable {
  private let root: CInt
  /// Directories opened lately, by path. Entries come sorted by directory, so few are enough.
  private var parents: [TreePath: CInt] = [:]

  /// `root` stays the caller's.
  package init(root: CInt) { self.root = root }

  deinit { for descriptor in parents.values { close(descriptor) } }

  /// A descriptor of `path`, which must be a directory; the writer keeps it.
  package mutating func directory(_ path: TreePath) throws(SystemFailure) -> CInt {
    if path.isRoot { return root }
    if let known = parents[path] { return known }
    let descriptor = try openBelow(path, CLINUX_O_PATH | O_DIRECTORY)
    if parents.count >= 48 { forgetDirectories() }
    parents[path] = descriptor
    return descriptor
  }

  /// Both at a time: opening the second may close all that was open before, the first among them.
  private mutating func directories(
    _ first: TreePath, _ second: TreePath
  ) throws(SystemFailure) -> (CInt, CInt) {
    _ = try directory(first)
    let there = try directory(second)
    return (try directory(first), there)
  }

  /// Closes what `directory` opened. Needed when a script may have renamed directories since.
  package mutating func forgetDirectories() {
    for descriptor in parents.values { close(descriptor) }
    parents.removeAll(keepingCapacity: true)
  }

  private func openBelow(_ path: TreePath, _ flags: CInt) throws(SystemFailure) -> CInt {
    let text = TreeWriter.cString(path.bytes)
    return try system("open", path.description) {
      clinux_openat2(
        root, text, flags, 0,
        UInt64(CLINUX_RESOLVE_IN_ROOT | CLINUX_RESOLVE_NO_MAGICLINKS | CLINUX_RESOLVE_NO_XDEV))
    }
  }

  /// Makes a directory; false when one, or a link to one, is there already.
  @discardableResult
  package mutating func makeDirectory(_ path: TreePath, mode: UInt16 = 0o755) throws(SystemFailure) -> Bool {
    if path.isRoot { return false }
    let parent = try directory(path.parent)
    let name = TreeWriter.cString(path.name)
    if mkdirat(parent, name, mode_t(mode)) == 0 { return true }
    let code = errno
    if code == EEXIST, let there = try? openBelow(path, CLINUX_O_PATH | O_DIRECTORY) {
      close(there)
      return false
    }
    throw SystemFailure("create directory", path.description, code: code)
  }

  /// Makes `path` and what is missing above it.
  package mutating func makeDirectories(_ path: TreePath, mode: UInt16 = 0o755) throws(SystemFailure) {
    if path.isRoot { return }
    if let there = try? openBelow(path, CLINUX_O_PATH | O_DIRECTORY) {
      close(there)
      return
    }
    try makeDirectories(path.parent, mode: mode)
    try makeDirectory(path, mode: mode)
  }

  /// Makes a regular file, calls `fill` with its descriptor, then sets owner, mode, attributes and
  /// time, in the order in which the kernel does not undo one by the other. Fails with EEXIST when
  /// the name is taken. Returns the stamp of the finished file.
  @discardableResult
  package mutating func makeFile(_ entry: FileEntry, fill: (CInt) throws -> Void) throws -> FileStamp {
    let parent = try directory(entry.path.parent)
    let name = TreeWriter.cString(entry.path.name)
    let file = Descriptor(
      owning: try system("create", entry.path.description) {
        openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      })
    try fill(file.raw)
    try system("set owner of", entry.path.description) {
      fchown(file.raw, entry.owner.user, entry.owner.group)
    }
    try system("set mode of", entry.path.description) { fchmod(file.raw, mode_t(entry.mode)) }
    for attribute in entry.extendedAttributes {
      try system("set \(attribute.name) of", entry.path.description) {
        clinux_set_xattr_at(parent, name, attribute.name, attribute.value, attribute.value.count)
      }
    }
    var times = TreeWriter.times(entry.modified)
    try system("set time of", entry.path.description) { futimens(file.raw, &times) }
    return try FileStamp(of: file.raw, named: entry.path.description)
  }

  /// A regular file with these bytes in place of whatever non-directory has the name.
  package mutating func replaceFile(
    _ path: TreePath, with bytes: [UInt8], mode: UInt16 = 0o644, owner: Owner = .root,
    modified: Timestamp = .epoch
  ) throws {
    try remove(path)
    let entry = FileEntry(path: path, kind: .file, mode: mode, owner: owner, modified: modified)
    try makeFile(entry) { descriptor in
      try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, at: 0, named: path.description) }
    }
  }

  package mutating func makeSymbolicLink(_ entry: FileEntry, target: [UInt8]) throws(SystemFailure) {
    let parent = try directory(entry.path.parent)
    let name = TreeWriter.cString(entry.path.name)
    try system("create link", entry.path.description) {
      symlinkat(TreeWriter.cString(target), parent, name)
    }
    try setOwnerAndTime(entry, in: parent, name)
  }

  /// `existing` must be in the tree and not a directory; a link that it may be is not followed.
  package mutating func makeHardLink(_ path: TreePath, to existing: TreePath) throws(SystemFailure) {
    let (from, to) = try directories(existing.parent, path.parent)
    try system("link \(path) to", existing.description) {
      linkat(from, TreeWriter.cString(existing.name), to, TreeWriter.cString(path.name), 0)
    }
  }

  package mutating func makeFIFO(_ entry: FileEntry) throws(SystemFailure) {
    let parent = try directory(entry.path.parent)
    let name = TreeWriter.cString(entry.path.name)
    try system("create", entry.path.description) { mknodat(parent, name, S_IFIFO | 0o600, 0) }
    try system("set mode of", entry.path.description) { fchmodat(parent, name, mode_t(entry.mode), 0) }
    try setOwnerAndTime(entry, in: parent, name)
  }

  /// Owner, mode and time of a directory that is there.
  package mutating func setDirectory(_ entry: FileEntry) throws(SystemFailure) {
    let text = TreeWriter.cString(entry.path.isRoot ? Array(".".utf8) : entry.path.bytes)
    let there = Descriptor(
      owning: try system("open", entry.path.description) {
        clinux_openat2(
          root, text, O_RDONLY | O_DIRECTORY, 0,
          UInt64(CLINUX_RESOLVE_IN_ROOT | CLINUX_RESOLVE_NO_MAGICLINKS | CLINUX_RESOLVE_NO_XDEV))
      })
    try system("set owner of", entry.path.description) {
      fchown(there.raw, entry.owner.user, entry.owner.group)
    }
    try system("set mode of", entry.path.description) { fchmod(there.raw, mode_t(entry.mode)) }
    var times = TreeWriter.times(entry.modified)
    try system("set time of", entry.path.description) { futimens(there.raw, &times) }
  }

  private func setOwnerAndTime(
    _ entry: FileEntry, in parent: CInt, _ name: [CChar]
  ) throws(SystemFailure) {
    try system("set owner of", entry.path.description) {
      fchownat(parent, name, entry.owner.user, entry.owner.group, AT_SYMLINK_NOFOLLOW)
    }
    var times = TreeWriter.times(entry.modified)
    try system("set time of", entry.path.description) {
      utimensat(parent, name, &times, AT_SYMLINK_NOFOLLOW)
    }
  }

  package mutating func rename(_ path: TreePath, to other: TreePath) throws(SystemFailure) {
    let (from, to) = try directories(path.parent, other.parent)
    try system("rename", path.description) {
      renameat(from, TreeWriter.cString(path.name), to, TreeWriter.cString(other.name))
    }
  }

  /// Removes one name that is not a directory; nothing to remove is well, too.
  package mutating func remove(_ path: TreePath) throws(SystemFailure) {
    let parent: CInt
    do { parent = try directory(path.parent) } catch {
      if error.code == ENOENT { return }
      throw error
    }
    if unlinkat(parent, TreeWriter.cString(path.name), 0) != 0 && errno != ENOENT {
      throw SystemFailure("remove", path.description)
    }
  }

  /// A file's bytes, following links inside the tree; nil when there is none.
  package func read(_ path: TreePath) throws(SystemFailure) -> [UInt8]? {
    let raw: CInt
    do { raw = try openBelow(path, O_RDONLY | O_NONBLOCK) } catch {
      if error.code == ENOENT || error.code == ENOTDIR { return nil }
      throw error
    }
    let file = Descriptor(owning: raw)
    return try readAll(file.raw, named: path.description)
  }

  /// A regular file, following links inside the tree.
  package func openForReading(_ path: TreePath) throws(SystemFailure) -> Descriptor {
    let file = Descriptor(owning: try openBelow(path, O_RDONLY | O_NONBLOCK))
    var information = stat()
    try system("examine", path.description) { fstat(file.raw, &information) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw SystemFailure("read", path.description, code: EINVAL)
    }
    return file
  }

  /// Names in a directory, sorted by bytes, without `.` and `..`; empty when it does not exist.
  package func list(_ path: TreePath) throws(SystemFailure) -> [[UInt8]] {
    let raw: CInt
    do {
      raw = try openBelow(path.isRoot ? TreePath(unchecked: Array(".".utf8)) : path, O_RDONLY | O_DIRECTORY)
    } catch {
      if error.code == ENOENT || error.code == ENOTDIR { return [] }
      throw error
    }
    return try directoryNames(raw, named: path.description)
  }

  /// Whether any entry has this name; a last symbolic link counts itself.
  package mutating func exists(_ path: TreePath) throws(SystemFailure) -> Bool {
    try kind(path) != nil
  }

  /// The file type bits (S_IFMT) of a name, not following a last link; nil when there is none.
  package mutating func kind(_ path: TreePath) throws(SystemFailure) -> mode_t? {
    let parent: CInt
    do { parent = try directory(path.parent) } catch {
      if error.code == ENOENT || error.code == ENOTDIR { return nil }
      throw error
    }
    var information = stat()
    let name = path.isRoot ? Array(".".utf8) : Array(path.name)
    if fstatat(parent, TreeWriter.cString(name), &information, AT_SYMLINK_NOFOLLOW) != 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw SystemFailure("examine", path.description)
    }
    return information.st_mode & S_IFMT
  }

  /// Empties a directory, or removes any other name. Links are never followed.
  package mutating func removeTree(_ path: TreePath) throws(SystemFailure) {
    guard try kind(path) == S_IFDIR else { return try remove(path) }
    try removeContent(of: path)
    forgetDirectories()
    if path.isRoot { return }
    let parent = try directory(path.parent)
    try system("remove", path.description) {
      unlinkat(parent, TreeWriter.cString(path.name), AT_REMOVEDIR)
    }
  }

  /// Removes all names in a directory, which stays.
  package mutating func removeContent(of path: TreePath) throws(SystemFailure) {
    for name in try list(path) { try removeTree(path.appending(name)) }
  }

  private static func times(_ time: Timestamp) -> [timespec] {
    [
      timespec(tv_sec: 0, tv_nsec: 1_073_741_822 /* UTIME_OMIT */),
      timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)),
    ]
  }

  static func cString(_ bytes: some Sequence<UInt8>) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}

/// Names in an open directory, sorted by bytes, without `.` and `..`. Closes `descriptor`.
package func directoryNames(_ descriptor: CInt, named name: @autoclosure () -> String) throws(SystemFailure)
  -> [[UInt8]]
{
  guard let stream = fdopendir(descriptor) else {
    let failure = SystemFailure("read directory", name())
    close(descriptor)
    throw failure
  }
  defer { closedir(stream) }
  var names: [[UInt8]] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else { break }
    let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    if !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8) { names.append(bytes) }
  }
  if errno != 0 { throw SystemFailure("read directory", name()) }
  return names.sorted { $0.lexicographicallyPrecedes($1) }
}
