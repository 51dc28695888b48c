import CLinux
import Diagnosis
import Glibc

// Looking at and changing what has a name already. The last component is never followed.
extension TreeWriter {
  /// lstat(2); nil when nothing has the name.
  package mutating func status(_ path: TreePath) throws(SystemFailure) -> stat? {
    let parent: CInt
    do { parent = try directory(path.parent) } catch {
      if error.code == ENOENT || error.code == ENOTDIR { return nil }
      throw error
    }
    var information = stat()
    if fstatat(parent, lastName(path), &information, AT_SYMLINK_NOFOLLOW) == 0 { return information }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw SystemFailure("examine", path.description)
  }

  /// The target of a symbolic link; nil for anything else.
  package mutating func linkTarget(_ path: TreePath) throws(SystemFailure) -> [UInt8]? {
    guard let status = try status(path), status.st_mode & S_IFMT == S_IFLNK else { return nil }
    let parent = try directory(path.parent)
    var target = [CChar](repeating: 0, count: 4096)
    let count = try system("read link", path.description) {
      readlinkat(parent, lastName(path), &target, target.count)
    }
    return target[..<count].map { UInt8(bitPattern: $0) }
  }

  /// Permission, set-id and sticky bits of a regular file or directory.
  package mutating func setMode(_ mode: UInt16, of path: TreePath) throws(SystemFailure) {
    let file = try open(path, O_RDONLY | O_NONBLOCK)
    try system("set mode of", path.description) { fchmod(file.raw, mode_t(mode)) }
  }

  /// The extended attributes of what is there; those that it has otherwise stay.
  package mutating func setAttributes(_ entry: FileEntry) throws(SystemFailure) {
    if entry.extendedAttributes.isEmpty { return }
    let parent = try directory(entry.path.parent)
    let name = lastName(entry.path)
    for attribute in entry.extendedAttributes {
      try system("set \(attribute.name) of", entry.path.description) {
        clinux_set_xattr_at(parent, name, attribute.name, attribute.value, attribute.value.count)
      }
    }
  }

  package mutating func setTime(_ time: Timestamp, of path: TreePath) throws(SystemFailure) {
    let parent = try directory(path.parent)
    var times = [
      timespec(tv_sec: 0, tv_nsec: 1_073_741_822 /* UTIME_OMIT */),
      timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)),
    ]
    try system("set time of", path.description) {
      utimensat(parent, lastName(path), &times, AT_SYMLINK_NOFOLLOW)
    }
  }

  /// Makes a regular file empty that keeps its owner, mode and attributes.
  package mutating func emptyFile(_ path: TreePath) throws(SystemFailure) {
    let file = try open(path, O_WRONLY | O_NONBLOCK)
    try system("empty", path.description) { ftruncate(file.raw, 0) }
  }

  private mutating func open(_ path: TreePath, _ flags: CInt) throws(SystemFailure) -> Descriptor {
    let parent = try directory(path.parent)
    return Descriptor(
      owning: try system("open", path.description) {
        openat(parent, lastName(path), flags | O_NOFOLLOW | O_CLOEXEC)
      })
  }

  private func lastName(_ path: TreePath) -> [CChar] {
    TreeWriter.cString(path.isRoot ? Array(".".utf8)[...] : path.name)
  }
}
