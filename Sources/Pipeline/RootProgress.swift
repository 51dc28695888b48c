import BuildModel
import Diagnosis
import Synchronization

/// How far a root is, over all runs of staging and configuring: each run knows its own packages only. What is
/// unpacked counts by the packages' bytes, what is configured by their number.
final class RootProgress: Sendable {
  private struct Done { var bytes: Int64 = 0, configured: Int64 = 0 }

  private let sizes: [String: Int64]
  private let bytes: Int64
  private let done = Mutex(Done())
  private let events: EventHandler

  init(of packages: [LockedPackage], events: @escaping EventHandler) {
    sizes = Dictionary(packages.map { ($0.name, $0.size) }, uniquingKeysWith: +)
    bytes = packages.reduce(0) { $0 + $1.size }
    self.events = events
  }

  func take(_ event: BuildEvent) {
    // Inside the lock, so that it is told in the order in which it is counted.
    switch event {
    case .ended(.stage, let name):
      done.withLock { done in
        events(event)
        done.bytes += sizes[name] ?? 0
        events(.advanced(.stage, done: done.bytes, total: bytes, unit: .bytes))
      }
    case .advanced(.configure, _, _, .items):
      done.withLock { done in
        done.configured += 1
        events(.advanced(.configure, done: done.configured, total: Int64(sizes.count), unit: .items))
      }
    default: events(event)
    }
  }
}
