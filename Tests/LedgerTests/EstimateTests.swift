import Diagnosis
import Ledger
import Testing

@Suite struct EstimateTests {
  private struct Run {
    var timeline = Timeline()
    var estimate: Estimate

    init(after earlier: [EventRecord] = []) { estimate = Estimate(earlier: Timeline(earlier)) }

    mutating func take(_ seconds: Double, _ event: BuildEvent) {
      timeline.take(event, at: seconds)
      estimate.take(event, at: seconds)
    }

    func remaining(at seconds: Double) -> Double? {
      timeline.spans.last.flatMap { estimate.remaining($0, at: seconds) }
    }
  }

  @Test func `bytes are as fast as they were in the last seconds`() throws {
    var run = Run()
    run.take(0, .started(.fetch))
    run.take(0.5, .advanced(.fetch, done: 1000, total: 100_000, unit: .bytes))
    #expect(run.remaining(at: 0.6) == nil)
    for second in 1...10 {
      run.take(Double(second), .advanced(.fetch, done: Int64(second) * 1000, total: 100_000, unit: .bytes))
    }
    #expect(run.remaining(at: 10) == 90)
    for second in 11...20 {
      let done = 10_000 + Int64(second - 10) * 4000
      run.take(Double(second), .advanced(.fetch, done: done, total: 100_000, unit: .bytes))
    }
    #expect(run.remaining(at: 20) == 12.5)
  }

  @Test func `what stands still has no end in sight`() {
    var run = Run()
    run.take(0, .started(.fetch))
    run.take(2, .advanced(.fetch, done: 1000, total: 2000, unit: .bytes))
    #expect(run.remaining(at: 3) != nil)
    #expect(run.remaining(at: 7) == nil)
  }

  @Test func `a stage that waits has no estimate, and goes on at its own pace`() {
    var run = Run()
    run.take(0, .started(.stage))
    run.take(2, .advanced(.stage, done: 1000, total: 4000, unit: .bytes))
    run.take(2, .waiting(.stage))
    #expect(run.remaining(at: 3) == nil)
    run.take(60, .began(.stage, "perl"))
    run.take(60, .advanced(.stage, done: 1000, total: 4000, unit: .bytes))
    run.take(62, .advanced(.stage, done: 2000, total: 4000, unit: .bytes))
    #expect(run.remaining(at: 62) == 4)
  }

  @Test func `packages are configured as fast as in the build before`() throws {
    var run = Run(after: Fixture.records)
    run.take(0, .started(.configure))
    run.take(0, .activity(.configure, "libc6"))
    run.take(0, .advanced(.configure, done: 1, total: 4, unit: .items))
    // 0.8 for this one, and 0.2, 0.7 and 4.5 for those that come.
    #expect(abs(try #require(run.remaining(at: 0)) - 6.2) < 1e-6)
    #expect(abs(try #require(run.remaining(at: 0.5)) - 5.7) < 1e-6)
    run.take(1.6, .activity(.configure, "dpkg"))
    run.take(1.6, .advanced(.configure, done: 2, total: 4, unit: .items))
    #expect(abs(try #require(run.remaining(at: 1.6)) - 5.4) < 1e-6)
  }

  @Test func `without a build before, packages have no estimate`() {
    var run = Run()
    run.take(0, .started(.configure))
    run.take(5, .activity(.configure, "libc6"))
    run.take(5, .advanced(.configure, done: 1, total: 4, unit: .items))
    #expect(run.remaining(at: 6) == nil)
    #expect(run.estimate.earlier(.configure) == nil)
  }
}
