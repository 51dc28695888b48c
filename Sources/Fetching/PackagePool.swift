import Diagnosis
import FileTree
import Glibc
import Store
import Threads
import Transfer

/// Every file of a lock, verified. Complete by its type, and filled while it is used: asking for a
/// file waits until that one is there. What the store has already never touches the network.
package final class PackagePool: Sendable {
  private let items: [Digest: PoolItem]
  private let store: Store
  private let filling: PoolFilling?
  private let states: Monitor<[Digest: State]>
  private let cancellation: Cancellation

  enum State: Sendable {
    case awaited
    case ready
    case failed(PoolFailure)
  }

  /// Throws if the store is damaged, and when something is missing that nobody may be asked for:
  /// `downloader` is nil (offline), or it has no candidates. The error names all of it. Nothing is
  /// fetched before `start`.
  package init(
    _ items: [PoolItem], store: Store, downloader: Downloader?,
    events: @escaping EventHandler = { _ in }, search: PlaceSearch? = nil
  ) throws {
    var byDigest: [Digest: PoolItem] = [:]
    var missing: [PoolItem] = []
    for item in items {
      if byDigest[item.sha256] != nil {
        byDigest[item.sha256]?.candidates += item.candidates
        continue
      }
      byDigest[item.sha256] = item
      if try !store.contains(item.sha256, size: item.size) { missing.append(item) }
    }
    let unreachable = missing.filter { downloader == nil || byDigest[$0.sha256]?.candidates.isEmpty ?? true }
    if let first = unreachable.first {
      throw PoolFailure(item: first.name, cause: .offline(missing: unreachable.map(\.name).sorted()))
    }
    self.items = byDigest
    self.store = store
    let awaited = Set(missing.map(\.sha256))
    let states = Monitor<[Digest: State]>(
      byDigest.mapValues { awaited.contains($0.sha256) ? .awaited : .ready })
    let cancellation = Cancellation()
    self.states = states
    self.cancellation = cancellation
    let missingItems = awaited.compactMap { byDigest[$0] }
    filling = downloader.map {
      PoolFilling(
        missingItems, store: store, downloader: $0, search: search, states: states, events: events,
        cancellation: cancellation)
    }
  }

  deinit { cancel() }

  /// Begins to fetch what is missing, and returns. Called once.
  package func start() { filling?.start() }

  /// Stops fetching and waits until nothing is under way. Whoever waits for a missing file gets an
  /// error.
  package func cancel() {
    cancellation.cancel()
    filling?.finish()
  }

  /// Bytes that are still to be fetched when it is made.
  package var missingBytes: Int64 { filling?.total ?? 0 }

  /// Whether the object is still to come, so that asking for it means waiting.
  package func awaits(_ digest: Digest) -> Bool {
    states.access { states in if case .awaited? = states[digest] { true } else { false } }
  }

  /// Waits until the object is verified; throws what went wrong with it. The descriptor is for reading.
  package func wait(for digest: Digest) throws -> Descriptor {
    guard let item = items[digest] else {
      throw PoolFailure(
        item: digest.hex,
        cause: .storage(SystemFailure("find", "\(digest) in the lock", code: ENOENT)))
    }
    let failure: PoolFailure? = states.wait { states in
      switch states[digest] {
      case .awaited: nil
      case .failed(let failure): .some(failure)
      case .ready, nil: .some(nil)
      }
    }
    if let failure { throw failure }
    guard case .some(let object) = try store.open(digest, size: item.size) else {
      throw PoolFailure(
        item: item.name,
        cause: .storage(SystemFailure("open", store.path(of: digest), code: ENOENT)))
    }
    return object
  }
}
