import Diagnosis
import Glibc

/// An open file descriptor that is closed when its owner ends.
package struct Descriptor: ~Copyable, Sendable {
  package let raw: CInt

  /// Takes over `raw`, which nobody else may close.
  package init(owning raw: CInt) { self.raw = raw }

  /// open(2), with O_CLOEXEC always.
  package init(opening path: String, _ flags: CInt, mode: mode_t = 0o644) throws(SystemFailure) {
    self.raw = try system(flags & O_CREAT != 0 ? "create" : "open", path) {
      open(path, flags | O_CLOEXEC, mode)
    }
  }

  /// Hands the descriptor over: the caller closes it.
  package consuming func release() -> CInt {
    let raw = raw
    discard self
    return raw
  }

  deinit { close(raw) }
}

/// Writes all of `bytes` at `offset`. `name` stands in the error.
package func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at offset: Int64,
  named name: @autoclosure () -> String
) throws(SystemFailure) {
  var done = 0
  while done < bytes.count {
    done += try system("write", name()) {
      pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, Int(offset) + done)
    }
  }
}

/// Bytes in an open regular file.
package func fileSize(_ descriptor: CInt, named name: @autoclosure () -> String) throws(SystemFailure)
  -> Int64
{
  var information = stat()
  try system("examine", name()) { fstat(descriptor, &information) }
  return Int64(information.st_size)
}

/// All bytes of an open regular file, from its beginning.
package func readAll(_ descriptor: CInt, named name: @autoclosure () -> String) throws(SystemFailure)
  -> [UInt8]
{
  var bytes = [UInt8](repeating: 0, count: Int(try fileSize(descriptor, named: name())))
  var done = 0
  while done < bytes.count {
    let count = try system("read", name()) {
      bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + done, $0.count - done, done) }
    }
    if count == 0 { break }
    done += count
  }
  bytes.removeLast(bytes.count - done)
  return bytes
}

/// Hands on the bytes of an open regular file in large pieces, from its beginning; a piece is only good
/// during the call.
package func readPieces(
  of descriptor: CInt, named name: @autoclosure () -> String,
  _ body: (_ piece: UnsafeRawBufferPointer, _ offset: Int64) throws(SystemFailure) -> Void
) throws(SystemFailure) {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
  defer { buffer.deallocate() }
  var offset = 0
  while true {
    let count = try system("read", name()) { pread(descriptor, buffer.baseAddress!, buffer.count, offset) }
    if count == 0 { return }
    try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]), Int64(offset))
    offset += count
  }
}

/// Copies the bytes of an open regular file into an empty one.
package func copyContent(
  of source: CInt, to target: CInt, named name: @autoclosure () -> String
) throws(SystemFailure) {
  let name = name()
  try readPieces(of: source, named: name) { piece, offset throws(SystemFailure) in
    try writeAll(piece, to: target, at: offset, named: name)
  }
}
