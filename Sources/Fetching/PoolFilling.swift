import Diagnosis
import FileTree
import Store
import Threads
import Transfer

/// The thread that fills a pool: it asks for everything at once, and waits for the objects that
/// another build fetches at this moment.
final class PoolFilling: Sendable {
  let total: Int64
  private let items: [PoolItem]
  private let store: Store
  private let downloader: Downloader
  private let states: Monitor<[Digest: PackagePool.State]>
  private let events: EventHandler
  private let cancellation: Cancellation
  private let received = Monitor<[Digest: Int64]>([:])
  private let thread = Monitor<SystemThread?>(nil)
  private let underWay = Monitor(0)

  /// Milliseconds between two looks at what another build fetches.
  private static let patience: Int64 = 50

  init(
    _ items: [PoolItem], store: Store, downloader: Downloader,
    states: Monitor<[Digest: PackagePool.State]>, events: @escaping EventHandler,
    cancellation: Cancellation
  ) {
    self.items = items.sorted { ($1.size, $0.sha256) < ($0.size, $1.sha256) }
    self.store = store
    self.downloader = downloader
    self.states = states
    self.events = events
    self.cancellation = cancellation
    total = items.reduce(0) { $0 + $1.size }
  }

  func start() {
    guard !items.isEmpty else { return }
    thread.access { thread in
      precondition(thread == nil, "a pool is started once")
      thread = SystemThread { self.fill() }
    }
  }

  /// Waits until the thread and all its transfers have ended.
  func finish() {
    let thread = thread.access { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
    underWay.wait { $0 == 0 ? () : nil }
    for item in items { settle(item, .failed(PoolFailure(item: item.name, cause: .cancelled))) }
  }

  private func fill() {
    var left = items
    while !left.isEmpty && !cancellation.isCancelled {
      left.removeAll(where: begin)
      if !left.isEmpty { Stopwatch.pause(milliseconds: PoolFilling.patience) }
    }
  }

  /// False while another build fetches it.
  private func begin(_ item: PoolItem) -> Bool {
    do throws(SystemFailure) {
      guard case .some(let lock) = try store.tryLock(item.sha256) else { return false }
      if try store.contains(item.sha256, size: item.size) {
        advance(item, to: item.size)
        settle(item, .ready)
        return true
      }
      fetch(item, HeldLock(lock))
    } catch {
      settle(item, .failed(PoolFailure(item: item.name, cause: .storage(error))))
    }
    return true
  }

  private func fetch(_ item: PoolItem, _ lock: HeldLock) {
    let partial = store.partialPath(item.sha256)
    underWay.access { $0 += 1 }
    downloader.begin(
      DownloadRequest(item.candidates, to: partial, size: item.size, sha256: item.sha256),
      cancellation: cancellation, progress: { self.advance(item, to: $0) },
      done: { result in
        self.settle(item, self.publish(item, result, partial))
        lock.letGo()
        self.underWay.access { $0 -= 1 }
      })
  }

  private func publish(_ item: PoolItem, _ result: Result<Downloaded, TransferFailure>, _ partial: String)
    -> PackagePool.State
  {
    do {
      _ = try result.get()
      try store.publish(partial, as: item.sha256, size: item.size)
      return .ready
    } catch let failure as TransferFailure {
      return .failed(
        PoolFailure(item: item.name, cause: failure.cause == .cancelled ? .cancelled : .transfer(failure)))
    } catch let failure as SystemFailure {
      return .failed(PoolFailure(item: item.name, cause: .storage(failure)))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func settle(_ item: PoolItem, _ state: PackagePool.State) {
    states.access { states in
      if case .awaited = states[item.sha256] { states[item.sha256] = state }
    }
  }

  private func advance(_ item: PoolItem, to bytes: Int64) {
    let done = received.access { received in
      received[item.sha256] = bytes
      return received.values.reduce(0, +)
    }
    events(.advanced(.fetch, done: done, total: total, unit: .bytes))
  }
}

/// A lock on its way to the transfer thread, which alone lets it go; hence `@unchecked`.
private final class HeldLock: @unchecked Sendable {
  private var lock: ObjectLock?

  init(_ lock: consuming ObjectLock) { self.lock = consume lock }

  func letGo() { lock = nil }
}
