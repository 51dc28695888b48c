import Glibc
import Synchronization
import Threads

/// What the one at the terminal wants of a running command, told from any thread.
package final class HostWishes: Sendable {
  private struct State {
    var pending: [HostMessage] = []
    var signal: (number: CInt, time: Int64)?
    var isImpatient = false
  }

  private let state = Mutex(State())
  /// Milliseconds. timeout(1) sends one to the program and one to its group: those two are one wish.
  private static let patience: Int64 = 500

  package init() {}

  /// The first signal is for the command; one that comes later ends the machine.
  package func signal(_ number: CInt) {
    let now = Stopwatch.milliseconds
    state.withLock { state in
      if let first = state.signal {
        state.isImpatient = state.isImpatient || now - first.time > HostWishes.patience
      } else {
        state.signal = (number, now)
        state.pending.append(.signal(number))
      }
    }
  }

  package func resize(_ size: TerminalSize) { push(.size(size)) }

  func push(_ message: HostMessage) { state.withLock { $0.pending.append(message) } }

  /// What has come since the last time.
  func take() -> [HostMessage] {
    state.withLock { state in
      defer { state.pending = [] }
      return state.pending
    }
  }

  /// The signal that came; nil without one.
  package var signal: CInt? { state.withLock { $0.signal?.number } }

  var isImpatient: Bool { state.withLock { $0.isImpatient } }
}
