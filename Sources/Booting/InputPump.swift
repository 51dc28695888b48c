import Glibc
import Threads

/// Carries the host's standard input to the guest, in a thread of its own.
final class InputPump: Sendable {
  private let stop = Cancellation()
  private let thread: SystemThread

  /// Reads `source` until it ends, which `atEnd` hears together with the bytes sent. `target` is a socket; a
  /// guest that takes nothing any more ends it, too.
  init(from source: CInt, to target: CInt, atEnd: @escaping @Sendable (UInt64) -> Void) {
    let stop = stop
    thread = SystemThread {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      var sent: UInt64 = 0
      while OutputPump.awaits(source, POLLIN, stop) {
        let count = read(source, &buffer, buffer.count)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
        // A stream that cannot be read, such as one that was closed, has nothing to give.
        if count <= 0 { return atEnd(sent) }
        guard InputPump.send(buffer[..<count], to: target, stop) else { return }
        sent += UInt64(count)
      }
    }
  }

  func end() {
    stop.cancel()
    thread.join()
  }

  private static func send(_ bytes: ArraySlice<UInt8>, to target: CInt, _ stop: Cancellation) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      guard OutputPump.awaits(target, POLLOUT, stop) else { return false }
      let count = sendNow(rest, to: target)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR && errno != EAGAIN {
        return false
      }
    }
    return true
  }
}

/// send(2), as much as goes without waiting.
func sendNow(_ bytes: ArraySlice<UInt8>, to socket: CInt) -> Int {
  bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)) }
}
