import BuildModel
import Testing

@Suite struct PartInputsTests {
  private func part(locked: [String] = ["package less:amd64 1 aa"], _ configured: [String] = ["label \"\""])
    -> PartInputs
  {
    PartInputs([
      StageInputs("stage", version: 1, locked: locked, configured: []),
      StageInputs("image", version: 1, locked: [], configured: configured),
    ])
  }

  @Test func `an identity is that of everything before it`() {
    let (first, same) = (part().identities, part().identities)
    #expect(first == same)
    let packages = part(locked: ["package less:amd64 2 bb"]).identities
    #expect(zip(first, packages).allSatisfy { $0 != $1 })
    let label = part(["label \"x\""]).identities
    #expect(first[0] == label[0])
    #expect(first[1] != label[1])
    var newer = part()
    newer.stages[1].version = 2
    #expect(newer.identities[1] != first[1])
  }

  @Test func `what the lock says and what the config says are not taken for one another`() {
    let locked = PartInputs([StageInputs("a", version: 1, locked: ["x"], configured: [])])
    let configured = PartInputs([StageInputs("a", version: 1, locked: [], configured: ["x"])])
    #expect(locked.identities != configured.identities)
    #expect(locked.configured.stages[0].locked == [])
  }

  @Test func `changes are told by stage, in words of what changed`() {
    let changes = part(locked: ["package less:amd64 2 bb", "package man:all 1 cc"], ["label \"x\""])
      .changes(since: part())
    #expect(changes.map(\.stage) == ["stage", "image"])
    #expect(
      changes[0].changes == [
        .changed("package less:amd64", from: "1 aa", to: "2 bb"), .added("package man:all 1 cc"),
      ])
    #expect(changes[1].changes == [.changed("label", from: "\"\"", to: "\"x\"")])
    #expect(part().changes(since: part()).isEmpty)
  }

  @Test(
    arguments: [
      (["a 1", "b 1"], ["b 1", "a 1"], [.reordered]),
      ([], ["apt \"x\""], [.added("apt \"x\"")]),
      (["apt \"x\""], [], [.removed("apt \"x\"")]),
      (["file /a 1", "file /b 2"], ["file /a 3", "file /b 2"], [.changed("file /a", from: "1", to: "3")]),
      (
        ["apt \"a\"", "apt \"b\""], ["apt \"c\"", "apt \"d\""],
        [.removed("apt \"a\""), .removed("apt \"b\""), .added("apt \"c\""), .added("apt \"d\"")]
      ),
    ] as [([String], [String], [InputChange])])
  func `two lists of statements differ in what one has and the other has not`(
    before: [String], after: [String], changes: [InputChange]
  ) {
    #expect(InputChange.between(before, after) == changes)
    #expect(InputChange.between(after, after) == [])
  }
}
