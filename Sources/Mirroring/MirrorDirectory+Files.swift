import Diagnosis
import FileTree
import Glibc

extension MirrorDirectory {
  func holds(_ path: String, _ file: MirroredFile) throws -> Bool {
    let name = "\(self.path)/\(path)"
    let raw = Glibc.open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    if raw < 0 { return false }
    let present = Descriptor(owning: raw)
    var status = stat()
    try system("examine", name) { fstat(present.raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == file.size else { return false }
    return try Digest(ofFile: present.raw, named: name) == file.sha256
  }

  /// By rename, so that whoever reads meanwhile finds the old file or the new one.
  func write(_ path: String, _ file: MirroredFile, open: () throws -> Descriptor) throws {
    try makeParent(of: path)
    let target = "\(self.path)/\(path)"
    let temporary = try TemporaryFile("\(self.path)/\(MirrorDirectory.temporary)")
    let name = temporary.path
    do {
      let output = temporary.release()
      let source = try open()
      guard try MirrorDirectory.copy(source.raw, to: output.raw, named: target) == file.sha256 else {
        throw Report(
          "cannot mirror \(path): the cache's copy is damaged",
          hints: ["remove the object \(file.sha256) from the cache, and run it again"])
      }
      try system("set mode of", target) { fchmod(output.raw, 0o644) }
      try system("create", target) { rename(name, target) }
    } catch {
      unlink(name)
      throw error
    }
  }

  /// The digest of what was copied.
  private static func copy(_ source: CInt, to target: CInt, named name: String) throws -> Digest {
    var hasher = Digest.Hasher()
    try readPieces(of: source, named: name) { piece, offset throws(SystemFailure) in
      hasher.update(piece)
      try writeAll(piece, to: target, at: offset, named: name)
    }
    return hasher.finish()
  }

  /// Files that are in no list any more, with the directories that become empty.
  func remove(_ paths: Set<String>) throws -> Int {
    for path in paths.sorted() {
      let name = "\(self.path)/\(path)"
      if unlink(name) != 0 && errno != ENOENT { throw SystemFailure("remove", name) }
      var parent = path[...]
      while let slash = parent.lastIndex(of: "/") {
        parent = parent[..<slash]
        if rmdir("\(self.path)/\(parent)") != 0 { break }
      }
    }
    return paths.count
  }

  func makeParent(of path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { return }
    try MirrorDirectory.makeDirectories("\(self.path)/\(path[..<slash])")
  }

  /// mkdir -p, mode 0755 whatever the umask: web servers and apt read as users of their own.
  static func makeDirectories(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeDirectories(String(path[..<slash]))
    }
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw SystemFailure("create", path) }
    try system("set mode of", path) { chmod(path, 0o755) }
  }
}
