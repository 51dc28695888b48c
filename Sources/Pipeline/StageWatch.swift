import Diagnosis
import Synchronization

/// Tells of a worker's events what only the outer process sees: when everything is fetched, and that a stage
/// waits for what is not.
final class StageWatch: Sendable {
  private struct State {
    /// Those that run, and do not wait.
    var busy: [Stage] = []
    var isFetching = false
  }

  private let state = Mutex(State())
  private let events: EventHandler

  init(events: @escaping EventHandler) { self.events = events }

  func beginFetching() {
    state.withLock { $0.isFetching = true }
    events(.started(.fetch))
  }

  /// Said once, however often it is called.
  func endFetching() {
    let isFetching = state.withLock { state in
      defer { state.isFetching = false }
      return state.isFetching
    }
    if isFetching { events(.finished(.fetch, reused: false)) }
  }

  /// Somebody in the worker asked for what is still being fetched: the stage that began last.
  func wait() {
    if let stage = state.withLock({ $0.busy.popLast() }) { events(.waiting(stage)) }
  }

  func take(_ event: BuildEvent) {
    switch event {
    case .started(let stage), .activity(let stage, _), .began(let stage, _):
      state.withLock { state in
        if !state.busy.contains(stage) { state.busy.append(stage) }
      }
    case .waiting(let stage), .finished(let stage, _):
      state.withLock { $0.busy.removeAll { $0 == stage } }
    default: break
    }
    events(event)
    if case .advanced(.fetch, let done, let total?, _) = event, done >= total { endFetching() }
  }
}
