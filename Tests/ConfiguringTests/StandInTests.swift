import FileTree
import Testing

@testable import Configuring

@Suite struct StandInTests {
  private static let text = Array("for x in $list; do slow; done\n".utf8)

  private static func standIn(known: [String]) -> StandIn {
    StandIn(
      program: "usr/bin/program", known: known,
      edits: [StandIn.Edit("do slow", "do quick"), StandIn.Edit("$list", "\"$list\"")])
  }

  @Test func `a text that is known is edited, any other runs as it is`() {
    let known = StandInTests.standIn(known: [Digest(of: StandInTests.text).hex])
    let edited = known.text(insteadOf: StandInTests.text).map { String(decoding: $0, as: UTF8.self) }
    #expect(edited == "for x in \"$list\"; do quick; done\n")
    #expect(known.text(insteadOf: StandInTests.text + [10]) == nil)
    #expect(StandInTests.standIn(known: []).text(insteadOf: StandInTests.text) == nil)
  }

  @Test func `every digest is one, and nothing stands in twice for one program`() {
    #expect(StandIn.all.flatMap(\.known).allSatisfy { Digest(hex: $0) != nil })
    #expect(Set(StandIn.all.map(\.program)).count == StandIn.all.count)
    #expect(StandIn.all.allSatisfy { !$0.known.isEmpty && !$0.edits.isEmpty })
  }
}
