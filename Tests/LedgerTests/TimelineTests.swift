import Diagnosis
import Foundation
import Ledger
import TestSupport
import Testing

@Suite struct TimelineTests {
  @Test func `a stage that waits for another one does nothing`() throws {
    let stage = try #require(Fixture.timeline.spans.first { $0.stage == .stage })
    #expect(stage.waits.map(\.began) == [1.5, 7.5])
    #expect(stage.waits.map(\.ended) == [6.0, 8.7])
    #expect(abs(stage.waited(until: 20) - 5.7) < 1e-9)
    let configure = try #require(Fixture.timeline.spans.first { $0.stage == .configure })
    // Its last package before the wait is not charged with it.
    #expect(abs(configure.tasks[1].seconds - 0.2) < 1e-9)
  }

  @Test func `things done at once end each by itself, one after the other by the next`() throws {
    let tasks = try #require(Fixture.timeline.spans.first { $0.stage == .stage }).tasks
    #expect(tasks.map(\.name) == ["libc6", "dpkg", "base-files", "tricky <&> preinst", "perl"])
    #expect(tasks.map { $0.ended ?? 0 } == [7.4, 6.5, 6.7, 9.9, 12.0])
    let seconds = Fixture.timeline.seconds(ofTasksIn: .configure)
    #expect(Set(seconds.keys) == ["libc6", "dpkg", "perl", "ca-certificates"])
    #expect(abs((seconds["ca-certificates"] ?? 0) - 4.5) < 1e-9)
  }

  @Test func `the critical path goes back from the end by what ended last`() {
    let path = CriticalPath(of: Fixture.timeline)
    let words = path.steps.map { step in
      let span = Fixture.timeline.spans[step.span]
      return span.stage.rawValue + (step.task.map { " " + span.tasks[$0].name } ?? "")
    }
    #expect(
      words == [
        "resolve", "resolve package indexes", "stage", "stage libc6", "stage", "configure", "configure libc6",
        "configure dpkg", "stage tricky <&> preinst", "stage perl", "stage", "configure perl",
        "configure ca-certificates", "install", "install guest files", "image", "image digests",
        "image layout",
        "manifest",
      ])
    for (step, next) in zip(path.steps, path.steps.dropFirst()) {
      #expect(step.interval.ended <= next.interval.began + 0.002)
    }
  }

  @Test func `what was waited for is on the critical path`() {
    let records = [
      Fixture.at(0, .started(.fetch)), Fixture.at(0.1, .started(.stage)), Fixture.at(0.2, .waiting(.stage)),
      Fixture.at(9, .finished(.fetch, reused: false)), Fixture.at(9.1, .began(.stage, "dpkg")),
      Fixture.at(10, .ended(.stage, "dpkg")), Fixture.at(10, .finished(.stage, reused: false)),
    ]
    let path = CriticalPath(of: Timeline(records))
    #expect(path.seconds(of: 0) == 9)
    #expect(abs(path.seconds(of: 1) - 0.9) < 1e-9)
  }

  @Test func `an empty or broken ledger is drawn, too`() {
    for records in [[], [Fixture.at(0, .finished(.seal, reused: true))], [Fixture.at(1, .started(.stage))]] {
      let timeline = Timeline(records)
      #expect(timeline.table().contains("all"))
      #expect(TimingsPicture(of: timeline).svg.hasSuffix("</svg>\n"))
      #expect(CriticalPath(of: timeline).steps.isEmpty)
    }
  }

  @Test func `the picture is as it was reviewed, and XML`() throws {
    let svg = TimingsPicture(of: Fixture.timeline).svg
    try compare(svg, with: "timings.svg")
    let parser = "import sys, xml.dom.minidom as m; d = m.parse(sys.stdin); print(d.documentElement.tagName)"
    let scratch = try ScratchDirectory()
    try scratch.write(Array(svg.utf8), to: "picture.svg")
    let said = try runTool("sh", ["-c", "python3 -c '\(parser)' <\(scratch.path)/picture.svg"])
    #expect(said.trimmingCharacters(in: .whitespacesAndNewlines) == "svg")
  }

  @Test func `the table is as it was reviewed`() throws {
    try compare(Fixture.timeline.table(), with: "timings.txt")
  }

  private func compare(_ text: String, with name: String) throws {
    let path = "\(BuildSite.repository)/fixtures/output/\(name)"
    if ProcessInfo.processInfo.environment["CAPSEM_WRITE_SNAPSHOTS"] != nil {
      return try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }
}
