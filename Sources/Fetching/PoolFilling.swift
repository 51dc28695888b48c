import Diagnosis
import FileTree
import Store
import Threads
import Transfer

/// The thread that fills a pool: it asks for everything at once, waits for the objects that another build
/// fetches at this moment, and looks for other places of what is not where it should be.
final class PoolFilling: Sendable {
  let total: Int64
  private let items: [PoolItem]
  private let store: Store
  private let downloader: Downloader
  private let search: PlaceSearch?
  private let states: Monitor<[Digest: PackagePool.State]>
  private let events: EventHandler
  private let cancellation: Cancellation
  private let received = Monitor<[Digest: Int64]>([:])
  private let thread = Monitor<SystemThread?>(nil)
  private let transfers = Monitor(Transfers())

  private struct Transfers {
    var underWay = 0
    var lost: [LostItem] = []
  }

  /// What no candidate has.
  private struct LostItem {
    var item: PoolItem
    var failure: TransferFailure
    var lock: HeldLock
  }

  /// Milliseconds between two looks at what another build fetches.
  private static let patience: Int64 = 50

  init(
    _ items: [PoolItem], store: Store, downloader: Downloader, search: PlaceSearch?,
    states: Monitor<[Digest: PackagePool.State]>, events: @escaping EventHandler,
    cancellation: Cancellation
  ) {
    self.items = items.sorted { ($1.size, $0.sha256) < ($0.size, $1.sha256) }
    self.store = store
    self.downloader = downloader
    self.search = search
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
    transfers.wait { $0.underWay == 0 ? () : nil }
    for lost in transfers.access({ $0.lost }) { lost.lock.letGo() }
    for item in items { settle(item, .failed(PoolFailure(item: item.name, cause: .cancelled))) }
  }

  private func fill() {
    var left = items
    while !cancellation.isCancelled {
      left.removeAll(where: begin)
      // Another build may wait for what this one has lost, and this one for what that one has.
      if let lost = nextLost(waits: left.isEmpty) {
        find(lost)
      } else if left.isEmpty {
        return
      } else {
        Stopwatch.pause(milliseconds: PoolFilling.patience)
      }
    }
  }

  /// Nil if nothing is lost; `waits` until nothing can be lost any more.
  private func nextLost(waits: Bool) -> LostItem? {
    transfers.wait { transfers -> LostItem?? in
      if !transfers.lost.isEmpty { return transfers.lost.removeFirst() }
      return waits && transfers.underWay > 0 ? nil : .some(nil)
    }
  }

  private func find(_ lost: LostItem) {
    let found = search?(lost.item.sha256, cancellation) ?? FoundPlaces()
    let failure = found.failures.reduce(lost.failure) { $0.joined(with: $1) }
    var item = lost.item
    item.candidates = found.candidates.filter { !lost.item.candidates.contains($0) }
    if item.candidates.isEmpty {
      end(item, .failure(failure), lost.lock)
    } else {
      fetch(item, lost.lock, after: failure)
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

  /// `earlier` is how all places failed that were known before.
  private func fetch(_ item: PoolItem, _ lock: HeldLock, after earlier: TransferFailure? = nil) {
    transfers.access { $0.underWay += 1 }
    downloader.begin(
      DownloadRequest(
        item.candidates, to: store.partialPath(item.sha256), size: item.size, sha256: item.sha256),
      cancellation: cancellation, progress: { self.advance(item, to: $0) },
      done: { result in
        if let earlier {
          self.end(item, result.mapError { $0.cause.isOurs ? $0 : earlier.joined(with: $0) }, lock)
        } else if self.search != nil, case .failure(let failure) = result, !failure.cause.isOurs {
          self.transfers.access { $0.lost.append(LostItem(item: item, failure: failure, lock: lock)) }
        } else {
          self.end(item, result, lock)
        }
        self.transfers.access { $0.underWay -= 1 }
      })
  }

  private func end(_ item: PoolItem, _ result: Result<Downloaded, TransferFailure>, _ lock: HeldLock) {
    settle(item, publish(item, result, store.partialPath(item.sha256)))
    lock.letGo()
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

/// A lock that goes from the filling thread to the transfer thread and back, and is one thread's at a time;
/// hence `@unchecked`.
private final class HeldLock: @unchecked Sendable {
  private var lock: ObjectLock?

  init(_ lock: consuming ObjectLock) { self.lock = consume lock }

  func letGo() { lock = nil }
}
