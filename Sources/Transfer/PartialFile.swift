import Diagnosis
import FileTree
import Glibc

/// A file that is being fetched: hashed while it is written, and taken up again where an earlier
/// attempt, or an earlier run, left off. A file found altered is removed at once.
final class PartialFile: Destination {
  private let path: String
  private let sha256: Digest?
  private let limit: Int64?
  let expectedSize: Int64?
  private(set) var position: Int64 = 0
  /// Of the finished file.
  private(set) var digest: Digest?
  private var descriptor: Descriptor?
  /// It was opened, and is a regular file: only then may it be removed.
  private var isOurs = false
  private var hasher = Digest.Hasher()

  init(path: String, size: Int64?, sha256: Digest?, limit: Int64?) {
    self.path = path
    expectedSize = size
    self.sha256 = sha256
    self.limit = size ?? limit
  }

  func resume() throws(TransferFailure.Cause) -> Int64? {
    try storing { () throws(SystemFailure) in
      // Bytes of unknown origin are worth keeping only if a digest will judge the whole.
      if descriptor == nil { try open(keepingBytes: sha256 != nil) }
      if sha256 == nil { try clear() }
    }
    if let expectedSize, position == expectedSize, position > 0 { return nil }
    return position
  }

  func reset() throws(TransferFailure.Cause) {
    try storing { () throws(SystemFailure) in try clear() }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(TransferFailure.Cause) {
    if let limit, position + Int64(bytes.count) > limit {
      discard()
      throw .tooLarge(limit: limit)
    }
    try storing { () throws(SystemFailure) in
      if descriptor == nil { try open(keepingBytes: false) }
      try writeAll(bytes, to: raw, at: position, named: path)
    }
    hasher.update(bytes)
    position += Int64(bytes.count)
  }

  func finish() throws(TransferFailure.Cause) {
    if let expectedSize, position != expectedSize {
      throw .truncated(expected: expectedSize, found: position)
    }
    let found = takeDigest()
    if let sha256, found != sha256 {
      discard()
      throw .altered(expected: sha256, found: found)
    }
    try storing { () throws(SystemFailure) in
      if descriptor == nil { try open(keepingBytes: false) }
    }
    descriptor = nil
    digest = found
  }

  /// What came so far stays for the next run if a digest can judge it then.
  func abandon() {
    if sha256 == nil || position == 0 { discard() }
    descriptor = nil
  }

  /// -1 before it is opened, which the system calls answer with EBADF.
  private var raw: CInt { descriptor?.raw ?? -1 }

  private func open(keepingBytes: Bool) throws(SystemFailure) {
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    var information = stat()
    try system("examine", path) { fstat(file.raw, &information) }
    guard information.st_mode & S_IFMT == S_IFREG else { throw SystemFailure("write", path, code: EINVAL) }
    descriptor = consume file
    isOurs = true
    try clear(truncating: !keepingBytes)
    guard keepingBytes else { return }
    let size = Int64(information.st_size)
    if size > limit ?? .max {
      try clear()
    } else {
      try hashPrefix(size)
    }
  }

  private func hashPrefix(_ size: Int64) throws(SystemFailure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    while position < size {
      let count = try system("read", path) { pread(raw, buffer.baseAddress!, buffer.count, Int(position)) }
      if count == 0 { break }
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      position += Int64(count)
    }
  }

  private func clear(truncating: Bool = true) throws(SystemFailure) {
    _ = takeDigest()
    position = 0
    if truncating && raw >= 0 { try system("truncate", path) { ftruncate(raw, 0) } }
  }

  private func discard() {
    if isOurs { unlink(path) }
    descriptor = nil
    _ = takeDigest()
    position = 0
  }

  private func takeDigest() -> Digest {
    var fresh = Digest.Hasher()
    swap(&fresh, &hasher)
    return fresh.finish()
  }

  private func storing(_ body: () throws(SystemFailure) -> Void) throws(TransferFailure.Cause) {
    do { try body() } catch { throw .storage(error) }
  }
}
