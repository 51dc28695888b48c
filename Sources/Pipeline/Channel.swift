import CLinux
import Diagnosis
import FileTree
import FoundationEssentials
import Glibc
import Synchronization

/// Messages over a stream socket: four bytes of length, big-endian, then JSON, with at most one
/// descriptor beside the length. Many threads may send; one receives.
final class Channel: Sendable {
  private let socket: CInt
  private let sending = Mutex(())

  /// No message is larger; what a stream of bytes claims beyond that is damage.
  private static let limit = 64 << 20

  /// `socket` stays the caller's.
  init(socket: CInt) { self.socket = socket }

  func send(_ message: some Encodable, descriptor: CInt = -1) throws {
    let body = Array(try JSONEncoder().encode(message))
    precondition(body.count <= Channel.limit)
    try sending.withLock { _ in
      var length = UInt32(body.count).bigEndian
      let sent = withUnsafeBytes(of: &length) {
        clinux_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor)
      }
      guard sent == 4 else { throw SystemFailure("send to", "the other process") }
      try body.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          done += try system("send to", "the other process") {
            Glibc.send(socket, bytes.baseAddress! + done, bytes.count - done, CInt(MSG_NOSIGNAL))
          }
        }
      }
    }
  }

  /// The next message and the descriptor that came with it, which the caller closes; nil when the
  /// other side has closed the channel.
  func receive<Message: Decodable>(_ type: Message.Type) throws -> (message: Message, descriptor: CInt?)? {
    var length: UInt32 = 0
    var descriptor: CInt = -1
    let first = withUnsafeMutableBytes(of: &length) {
      clinux_receive_with_descriptor(socket, $0.baseAddress, $0.count, &descriptor)
    }
    if first == 0 || (first < 0 && errno == ECONNRESET) { return nil }
    guard first > 0 else { throw SystemFailure("hear from", "the other process") }
    try withUnsafeMutableBytes(of: &length) {
      try fill(UnsafeMutableRawBufferPointer(rebasing: $0[first...]))
    }
    let count = Int(UInt32(bigEndian: length))
    guard count <= Channel.limit else { throw SystemFailure("hear from", "the other process", code: EPROTO) }
    var body = [UInt8](repeating: 0, count: count)
    try body.withUnsafeMutableBytes { try fill($0) }
    let message = try JSONDecoder().decode(type, from: Data(body))
    return (message, descriptor >= 0 ? descriptor : nil)
  }

  /// False when nothing came within the time.
  func waitUntilReadable(milliseconds: CInt) throws -> Bool {
    var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return try system("wait for", "the other process") { poll(&polled, 1, milliseconds) } > 0
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let count = try system("hear from", "the other process") {
        read(socket, buffer.baseAddress! + done, buffer.count - done)
      }
      if count == 0 { throw SystemFailure("hear from", "the other process", code: ECONNRESET) }
      done += count
    }
  }
}
