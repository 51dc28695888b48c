import Glibc
import Synchronization

/// Runs blocking work on threads of its own: a disk read or a digest must not occupy Swift's
/// cooperative pool, which has no more threads than the machine has cores.
package enum Parallel {
  /// Calls `body` once for each index below `count`, in ascending order of their starts, on at most
  /// `threads` threads at a time; returns when all calls have. After a failure no further index is
  /// started, and the error of the lowest failed index is thrown.
  package static func forEach(
    _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Void
  ) throws {
    precondition(threads > 0)
    let work = Work(count: count, body: body)
    var others: [pthread_t] = []
    for _ in 1..<max(1, min(threads, count)) {
      var thread = pthread_t()
      let argument = Unmanaged.passRetained(work)
      let code = pthread_create(
        &thread, nil,
        { argument in
          Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
          return nil
        }, argument.toOpaque())
      guard code == 0 else {
        // Fewer threads do the same work.
        argument.release()
        break
      }
      others.append(thread)
    }
    work.run()
    for thread in others { pthread_join(thread, nil) }
    if let failure = work.failure { throw failure }
  }

  /// As `forEach`, with the results in order of the indexes.
  package static func map<Result: Sendable>(
    _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let results = Results<Result>(count: count)
    try forEach(count, threads: threads) { index in
      let result = try body(index)
      results.slots.withLock { $0[index] = result }
    }
    return results.slots.withLock { $0.map { $0! } }
  }

  private final class Results<Result: Sendable>: Sendable {
    let slots: Mutex<[Result?]>
    init(count: Int) { slots = Mutex(Array(repeating: nil, count: count)) }
  }

  /// What the threads share: the next index that nobody has claimed, and the first failure.
  private final class Work: Sendable {
    let count: Int
    let body: @Sendable (Int) throws -> Void
    let next = Atomic<Int>(0)
    let firstFailure = Mutex<(index: Int, error: any Error)?>(nil)

    init(count: Int, body: @escaping @Sendable (Int) throws -> Void) {
      self.count = count
      self.body = body
    }

    var failure: (any Error)? { firstFailure.withLock { $0?.error } }

    func run() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try body(index)
        } catch {
          firstFailure.withLock { known in
            if known.map({ index < $0.index }) ?? true { known = (index, error) }
          }
          next.store(count, ordering: .relaxed)
          return
        }
      }
    }
  }
}
