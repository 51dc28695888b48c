import Diagnosis
import FileTree
import Glibc

/// The content-addressed cache: verified objects by digest, and small named records. Several builds
/// use one directory at once. Whatever is in `objects` was verified before it came there, and came
/// there by rename; what is being written lives in `partial`.
///
///     objects/sha256/ab/<digest>    mode 0444
///     partial/<digest>              being fetched, or left by a fetch that was interrupted
///     partial/<digest>.lock         held by who fetches it
///     records/<kind>/<name>
///     layers/<identity>.*           states of trees
///     lock                          shared by builds; alone has it who removes objects
package struct Store: Sendable {
  /// Absolute.
  package let directory: String

  /// Makes what is missing of the layout.
  package init(directory: String) throws(SystemFailure) {
    self.directory = directory
    for path in ["objects/sha256", "partial", "records"] {
      try createDirectories("\(directory)/\(path)")
    }
  }

  /// For `holds` and records that may be there: makes nothing.
  package init(reading directory: String) { self.directory = directory }

  /// Whether an object of this size is there. Nothing is read or removed.
  package func holds(_ digest: Digest, size: Int64) -> Bool {
    var information = stat()
    return lstat(path(of: digest), &information) == 0 && information.st_mode & S_IFMT == S_IFREG
      && Int64(information.st_size) == size
  }

  package func path(of digest: Digest) -> String {
    "\(directory)/objects/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
  }

  /// Where to write an object before it is published. Who writes there holds the object's lock.
  package func partialPath(_ digest: Digest) -> String { "\(directory)/partial/\(digest.hex)" }

  /// Whether the object is there, with that size if one is given. An object of another size is
  /// removed: it can only be a damaged one.
  package func contains(_ digest: Digest, size: Int64? = nil) throws(SystemFailure) -> Bool {
    switch try open(digest, size: size) {
    case .some: true
    case .none: false
    }
  }

  /// The object for reading, or nil if it is not there. `verifying` hashes it, too. A damaged object
  /// is removed and counts as not there.
  package func open(_ digest: Digest, size: Int64? = nil, verifying: Bool = false) throws(SystemFailure)
    -> Descriptor?
  {
    let path = path(of: digest)
    let raw = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    if raw < 0 && errno == ENOENT { return nil }
    if raw < 0 && errno == ELOOP {
      try remove(digest)
      return nil
    }
    if raw < 0 { throw SystemFailure("open", path) }
    let object = Descriptor(owning: raw)
    var information = stat()
    try system("examine", path) { fstat(object.raw, &information) }
    var isGood = information.st_mode & S_IFMT == S_IFREG
    if let size, Int64(information.st_size) != size { isGood = false }
    // The time of the last use, for whoever removes the oldest; who verifies does not use it.
    if isGood && !verifying { futimens(object.raw, nil) }
    if isGood && verifying { isGood = try Digest(ofFile: object.raw, named: path) == digest }
    if isGood { return object }
    try remove(digest)
    return nil
  }

  /// Makes a finished partial file an object, in one step. The caller has verified its digest; its
  /// size is checked here. `durable` waits until the disk has it.
  package func publish(_ partial: String, as digest: Digest, size: Int64, durable: Bool = false)
    throws(SystemFailure)
  {
    do {
      let file = try Descriptor(opening: partial, O_RDONLY | O_NOFOLLOW)
      var information = stat()
      try system("examine", partial) { fstat(file.raw, &information) }
      guard information.st_mode & S_IFMT == S_IFREG, Int64(information.st_size) == size else {
        unlink(partial)
        throw SystemFailure("publish", "\(partial) of \(size) bytes", code: EBADMSG)
      }
      try system("change the mode of", partial) { fchmod(file.raw, 0o444) }
      if durable { try system("write", partial) { fsync(file.raw) } }
    }
    let path = path(of: digest)
    try createDirectories(String(path.dropLast(65)))
    try system("create", path) { rename(partial, path) }
  }

  /// Makes `bytes` an object.
  @discardableResult
  package func insert(_ bytes: [UInt8]) throws(SystemFailure) -> Digest {
    let digest = Digest(of: bytes)
    if try contains(digest, size: Int64(bytes.count)) { return digest }
    let temporary = try write(bytes, mode: 0o444)
    let path = path(of: digest)
    try createDirectories(String(path.dropLast(65)))
    try system("create", path) { rename(temporary, path) }
    return digest
  }

  /// The whole object in memory, verified; nil if it is not there.
  package func read(_ digest: Digest) throws(SystemFailure) -> [UInt8]? {
    guard case .some(let object) = try open(digest) else { return nil }
    let bytes = try readAll(object.raw, named: path(of: digest))
    if Digest(of: bytes) == digest { return bytes }
    try remove(digest)
    return nil
  }

  package func remove(_ digest: Digest) throws(SystemFailure) {
    let path = path(of: digest)
    if unlink(path) != 0 && errno != ENOENT { throw SystemFailure("remove", path) }
  }

  /// A new file in `partial` that nobody else has.
  func write(_ bytes: [UInt8], mode: mode_t) throws(SystemFailure) -> String {
    var template = Array("\(directory)/partial/new.XXXXXX".utf8CString)
    let raw = try system("create", "\(directory)/partial") { mkstemp(&template) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = Descriptor(owning: raw)
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    do throws(SystemFailure) {
      var outcome: Result<Void, SystemFailure> = .success(())
      bytes.withUnsafeBytes { bytes in
        outcome = Result { () throws(SystemFailure) in
          try writeAll(bytes, to: file.raw, at: 0, named: path)
        }
      }
      try outcome.get()
      try system("change the mode of", path) { fchmod(file.raw, mode) }
    } catch {
      unlink(path)
      throw error
    }
    return path
  }
}

/// mkdir -p, with mode 0755.
func createDirectories(_ path: String) throws(SystemFailure) {
  if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
    try createDirectories(String(path[..<slash]))
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  }
  throw SystemFailure("create", path)
}
