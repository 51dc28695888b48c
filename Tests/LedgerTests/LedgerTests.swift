import Diagnosis
import Ledger
import Testing

@Suite struct LedgerTests {
  static let events: [BuildEvent] = [
    .turned(to: "arm64"), .turned(to: nil), .started(.fetch), .finished(.image, reused: true),
    .waiting(.stage),
    .advanced(.fetch, done: 12, total: 40_000_000_000, unit: .bytes),
    .advanced(.configure, done: 3, total: nil, unit: .items), .activity(.install, "npm packages"),
    .began(.stage, "libc6"), .ended(.stage, "libc6"), .output(.configure, "a \"line\"\u{1b}[31m"),
    .note("packages: from the lock"), .warning(Report("cannot say why: it is so", hints: ["try again"])),
  ]

  @Test(arguments: events)
  func `an event is a line and comes back from it`(event: BuildEvent) throws {
    let record = EventRecord(event, seconds: 1.2345)
    #expect(!record.line.contains("\n"))
    let back = try #require(EventRecord(line: Array(record.line.utf8)))
    #expect(back == record)
    #expect(back.seconds == 1.235)
  }

  @Test func `lines of another kind are left out`() {
    let text = Fixture.records.prefix(2).map { $0 }.ledger + "{\"seconds\":1}\nnonsense\n\n"
    #expect([EventRecord](ledger: Array(text.utf8)) == Array(Fixture.records.prefix(2)))
    #expect(EventRecord(line: Array("{\"seconds\":1,\"event\":\"started\",\"stage\":\"paint\"}".utf8)) == nil)
  }

  @Test func `a ledger has what it can be drawn from, and no output`() {
    let all = Fixture.records + [EventRecord(.output(.configure, "many lines"), seconds: 21)]
    let kept = all.filter(\.isKept)
    #expect(kept == Fixture.records)
    #expect(Timeline([EventRecord](ledger: Array(kept.ledger.utf8))) == Fixture.timeline)
  }

  @Test func `an architecture gets its own events and those of all`() {
    let records = [
      Fixture.at(0, .started(.resolve)), Fixture.at(1, .turned(to: "arm64")), Fixture.at(2, .started(.stage)),
      Fixture.at(3, .turned(to: "x86_64")), Fixture.at(4, .started(.image)), Fixture.at(5, .turned(to: nil)),
      Fixture.at(6, .started(.manifest)),
    ]
    #expect(records.concerning("arm64").map(\.seconds) == [0, 1, 2, 5, 6])
    #expect(records.concerning("x86_64").map(\.seconds) == [0, 3, 4, 5, 6])
    #expect(
      Timeline(records).spans.map { Timeline(records).label(of: $0) } == [
        "resolve", "arm64: stage", "x86_64: image", "manifest",
      ])
  }
}
