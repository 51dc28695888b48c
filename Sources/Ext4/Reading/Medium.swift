import Diagnosis
import Glibc

/// The bytes of an image, for any thread.
struct Medium: Sendable {
  /// A regular file or a block device.
  var descriptor: CInt
  var size: UInt64

  init(_ descriptor: CInt) throws(Damage) {
    let end = lseek(descriptor, 0, SEEK_END)
    if end < 0 { throw Damage(String(cString: strerror(errno)), hints: []) }
    self.descriptor = descriptor
    size = UInt64(end)
  }

  /// Fills `buffer` from byte `offset` on.
  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(Damage) {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        throw Damage("at byte \(offset + UInt64(done)): \(String(cString: strerror(errno)))", hints: [])
      }
      if count == 0 { throw Damage("it ends at byte \(offset + UInt64(done))") }
      done += count
    }
  }

  func bytes(_ count: Int, at offset: UInt64) throws(Damage) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let failure: Damage? = bytes.withUnsafeMutableBytes { buffer in
      do throws(Damage) {
        try read(buffer, at: offset)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

extension Array<UInt8> {
  /// The little-endian number at a byte offset that need not be aligned, within the array.
  func number<Value: FixedWidthInteger>(_ type: Value.Type = Value.self, at offset: Int) -> Value {
    withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
  }
}
