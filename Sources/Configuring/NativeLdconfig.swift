import Diagnosis
import FileTree
import Glibc
import Sandbox

/// What ldconfig(8) does, on a tree of another machine: several versions of QEMU's user mode crash in the
/// real one, and the host's own knows its own machine's libraries only. Makes the cache, and the links that
/// libraries' own names ask for. Directories of capabilities from before `glibc-hwcaps` are not looked at.
struct NativeLdconfig: ~Copyable {
  /// In an image it has this place, whatever links lead to it.
  static let program: TreePath = "usr/sbin/ldconfig"

  private var tree: TreeWriter
  private let machine: Machine

  init(root: CInt, machine: Machine) {
    tree = TreeWriter(root: root)
    self.machine = machine
  }

  /// `date` becomes the cache's time. A tree without ldconfig has no cache either.
  mutating func run(date: Int64) throws {
    guard let program = try tree.read(NativeLdconfig.program) else { return }
    guard let generator = NativeLdconfig.generator(in: program) else {
      throw ConfiguringError("libc-bin", .unknownLoaderCache)
    }
    var entries: [LoaderCache.Entry] = []
    var seen: Set<FileIdentity> = []
    for path in try LibraryDirectories(of: tree, triplet: "\(machine.rawValue)-linux-gnu").paths {
      guard let directory = TreePath(path), let identity = try identity(of: directory),
        seen.insert(identity).inserted
      else { continue }
      let capabilities = directory.appending("glibc-hwcaps".utf8)
      for name in try tree.list(capabilities) {
        let place = path + Array("/glibc-hwcaps/".utf8) + name
        entries += try scan(capabilities.appending(name), as: place, capability: name)
      }
      entries += try scan(directory, as: path, capability: nil)
    }
    let cache = LoaderCache(entries, machine: machine, generator: generator)
    try tree.replaceFile("etc/ld.so.cache", with: cache.bytes, modified: Timestamp(seconds: date))
    // Where ldconfig would have written what it has read, for the next time.
    let memory: TreePath = "var/cache/ldconfig"
    try tree.makeDirectories(memory)
    try tree.setDirectory(
      FileEntry(path: memory, kind: .directory, mode: 0o700, modified: Timestamp(seconds: date)))
  }

  /// "ldconfig (Debian GLIBC 2.36-9) stable release version 2.36"
  static func generator(in program: [UInt8]) -> [UInt8]? {
    let name = Array("ldconfig (".utf8)
    var rest = program[...]
    while let start = rest.firstIndex(of: name[0]) {
      if rest[start...].starts(with: name) {
        let text = rest[start...].prefix { $0 != 0 }
        if String(decoding: text, as: UTF8.self).contains(" release version ") { return Array(text) }
      }
      rest = rest[(start + 1)...]
    }
    return nil
  }

  private struct FileIdentity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  /// Of what the path leads to; nil when that is nothing.
  private mutating func identity(of path: TreePath) throws -> FileIdentity? {
    do throws(SystemFailure) {
      var information = stat()
      let raw = try tree.directory(path)
      try system("examine", path.description) { fstat(raw, &information) }
      return FileIdentity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
    } catch {
      if [ENOENT, ENOTDIR, ELOOP].contains(error.code) { return nil }
      throw error
    }
  }

  private struct Found {
    var name: [UInt8]
    var isLink: Bool
  }

  /// One directory: what it has by each name, as search_dir of glibc's elf/ldconfig.c chooses.
  private mutating func scan(_ directory: TreePath, as path: [UInt8], capability: [UInt8]?) throws
    -> [LoaderCache.Entry]
  {
    var found: [[UInt8]: Found] = [:]
    for name in try tree.list(directory) where NativeLdconfig.isCandidate(name) {
      let place = directory.appending(name)
      let kind = try tree.kind(place)
      guard kind == S_IFREG || kind == S_IFLNK, let object = try object(at: place, isLink: kind == S_IFLNK),
        object.machine == UInt16(machine.number)
      else { continue }
      var soname = object.soname ?? name
      // A link is for the loader if it has the library's own name, and for the linker if it ends in `.so`.
      var isLink = kind == S_IFLNK
      if isLink && name != soname && !(name.ends(with: ".so".utf8) && soname.starts(with: name)) {
        isLink = false
      }
      if isLink { soname = name }
      if let known = found[soname] {
        let isBetter =
          isLink == known.isLink ? LoaderCache.libraryOrder(known.name, name) < 0 : known.isLink && !isLink
        if !isBetter { continue }
      }
      found[soname] = Found(name: name, isLink: isLink)
    }
    return try found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { soname, library in
      if capability == nil && !library.isLink && library.name != soname {
        try link(directory.appending(soname), to: library.name)
      }
      let name = capability == nil ? soname : library.name
      return LoaderCache.Entry(
        soname: soname, path: path + [UInt8(ascii: "/")] + name, capability: capability)
    }
  }

  private static func isCandidate(_ name: [UInt8]) -> Bool {
    let text = String(decoding: name, as: UTF8.self)
    return (text.hasPrefix("lib") || text.hasPrefix("ld-")) && text.contains(".so")
  }

  /// Nil for what is no shared object. A link that leads nowhere is removed, as ldconfig does.
  private mutating func object(at path: TreePath, isLink: Bool) throws -> SharedObject? {
    do throws(SystemFailure) {
      let file = try tree.openForReading(path)
      return try SharedObject(file.raw, named: path.description)
    } catch {
      if error.code == ENOENT && isLink {
        if String(decoding: path.name, as: UTF8.self).contains(".so.") { try tree.remove(path) }
        return nil
      }
      // A link to a directory, or to itself.
      if [EINVAL, EISDIR, ELOOP].contains(error.code) { return nil }
      throw error
    }
  }

  /// The library by its own name, unless something is there that is not for ldconfig to change.
  private mutating func link(_ path: TreePath, to name: [UInt8]) throws {
    switch try tree.kind(path) {
    case nil: break
    case S_IFLNK:
      let target = path.parent.appending(name)
      func identity(_ path: TreePath) throws -> FileIdentity? {
        guard let file = try? tree.openForReading(path) else { return nil }
        var information = stat()
        try system("examine", path.description) { fstat(file.raw, &information) }
        return FileIdentity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
      }
      if try identity(path) == identity(target) { return }
      try tree.remove(path)
    default: return
    }
    try tree.makeSymbolicLink(
      FileEntry(path: path, kind: .symbolicLink(target: name), mode: 0o777), target: name)
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: String.UTF8View) -> Bool {
    self.suffix(suffix.count).elementsEqual(suffix)
  }
}
