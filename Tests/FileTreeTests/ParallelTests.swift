import FileTree
import Synchronization
import Testing

@Suite struct ParallelTests {
  private struct Failure: Error, Equatable { var index: Int }

  @Test(arguments: [1, 2, 9]) func `results come in order of the indexes`(threads: Int) throws {
    #expect(try Parallel.map(1000, threads: threads) { $0 * $0 } == (0..<1000).map { $0 * $0 })
    #expect(try Parallel.map(0, threads: threads) { $0 } == [])
  }

  @Test func `a failure ends the work and is the one that is thrown`() throws {
    let calls = Counter()
    #expect(throws: Failure(index: 3)) {
      try Parallel.forEach(1_000_000, threads: 2) { index in
        calls.value.wrappingAdd(1, ordering: .relaxed)
        if index == 3 { throw Failure(index: index) }
      }
    }
    #expect(calls.value.load(ordering: .relaxed) < 1_000_000)
  }

  private final class Counter: Sendable { let value = Atomic<Int>(0) }
}
