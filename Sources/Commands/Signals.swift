import Dispatch
import Glibc
import Synchronization
import Threads

/// INT, TERM and HUP become a wish to stop, which everything that works looks at. Another one, some time
/// later, ends the program at once, and what it leaves is killed with it and removed by the next build.
enum Signals {
  private static let received = Atomic<Int32>(0)
  /// When the first one came.
  private static let first = Atomic<Int64>(0)
  /// Milliseconds. timeout(1) sends one to the program and one to its group: those two are one wish.
  private static let patience: Int64 = 1500

  /// 128 + the signal that came.
  static var status: Int32 { 128 + received.load(ordering: .relaxed) }

  /// Keep the result for as long as signals are to be heeded.
  static func cancel(_ cancellation: Cancellation) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let now = Stopwatch.milliseconds
        if received.exchange(number, ordering: .relaxed) == 0 {
          first.store(now, ordering: .relaxed)
        } else if now - first.load(ordering: .relaxed) > patience {
          _exit(128 + number)
        }
        cancellation.cancel()
      }
      source.activate()
      return source
    }
  }
}
