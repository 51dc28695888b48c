import Glibc
import Synchronization

/// A wish to stop, given once and from any thread, a signal handler's included. Whoever works looks
/// at it at least ten times a second.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package func cancel() { flag.store(true, ordering: .relaxed) }

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// Time that only runs forward: for waiting and time-outs, never for anything that is written down.
package enum Stopwatch {
  /// Milliseconds since some moment.
  package static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  package static func pause(milliseconds: Int64) {
    usleep(UInt32(max(0, milliseconds) * 1000))
  }
}
