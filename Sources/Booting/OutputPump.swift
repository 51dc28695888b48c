import Diagnosis
import Glibc
import Threads

/// Carries one of a command's output streams to the host's, in a thread of its own: a slow reader of one holds
/// up neither the other nor the control port.
final class OutputPump: Sendable {
  struct State {
    /// Bytes that were handed on, or that nobody wants.
    var carried: UInt64 = 0
    /// When the first byte came, in milliseconds of the stopwatch.
    var began: Int64?
    /// The reader has gone away: what still comes is let go.
    var isUnwanted = false
    var problem: SystemFailure?
    /// The source has ended.
    var hasEnded = false
  }

  private let state = Monitor(State())
  private let stop = Cancellation()
  private let thread: SystemThread

  /// Reads `source`, a socket, until it ends or `end` is called. Both descriptors stay the caller's.
  init(from source: CInt, to target: CInt) {
    let (state, stop) = (state, stop)
    thread = SystemThread {
      defer { state.access { $0.hasEnded = true } }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while OutputPump.awaits(source, POLLIN, stop) {
        let count = read(source, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        OutputPump.write(buffer[..<count], to: target, state, stop)
      }
    }
  }

  var current: State { state.access { $0 } }

  /// Called once, when nothing more comes into the source: what is under way is still handed on, for as long as
  /// its reader goes on taking it.
  func end() {
    var last = (carried: current.carried, time: Stopwatch.milliseconds)
    while !current.hasEnded && Stopwatch.milliseconds - last.time < OutputPump.patience {
      Stopwatch.pause(milliseconds: 5)
      let carried = current.carried
      if carried != last.carried { last = (carried, Stopwatch.milliseconds) }
    }
    stop.cancel()
    thread.join()
  }

  /// Milliseconds.
  private static let patience: Int64 = 1000

  private static func write(
    _ bytes: ArraySlice<UInt8>, to target: CInt, _ state: Monitor<State>, _ stop: Cancellation
  ) {
    state.access { if $0.began == nil { $0.began = Stopwatch.milliseconds } }
    var rest = bytes
    while !rest.isEmpty && !state.access({ $0.isUnwanted }) {
      // A pipe that can be written takes so many bytes without waiting. The descriptor is not ours alone,
      // so it cannot be made non-blocking.
      guard awaits(target, POLLOUT, stop) else { return }
      let piece = rest.prefix(Int(PIPE_BUF))
      let count = piece.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        state.access { $0.carried += UInt64(count) }
      } else if errno != EINTR && errno != EAGAIN {
        let failure = SystemFailure("write", "the command's output")
        state.access {
          $0.isUnwanted = true
          if failure.code != EPIPE { $0.problem = failure }
        }
      }
    }
    state.access { $0.carried += UInt64(rest.count) }
  }

  /// Waits until the descriptor can be read or written, or has an error to tell; false when it shall end.
  static func awaits(_ descriptor: CInt, _ events: CInt, _ stop: Cancellation) -> Bool {
    var wish = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    while !stop.isCancelled {
      if poll(&wish, 1, 100) > 0 { return true }
    }
    return false
  }
}
