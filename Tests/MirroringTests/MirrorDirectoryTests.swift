import BuildModel
import Diagnosis
import FileTree
import Foundation
import TestSupport
import Testing

@testable import Mirroring

@Suite struct MirrorDirectoryTests {
  let fixture: MirrorFixture
  let main = MirrorFixture.release("main", "stable", at: nil)

  init() throws { fixture = try MirrorFixture() }

  private func lock(_ names: String..., release: String? = nil) -> Lockfile {
    MirrorFixture.lock(
      [MirrorFixture.release("main", "stable", at: nil, text: release)],
      packages: names.map { MirrorFixture.package($0, in: "main") })
  }

  private static let pool = "apt/local/main/pool/main"
  private let texts = ["a", "b", "InRelease of stable", "later"]

  @Test func `adds what is new and leaves the rest as it is`() throws {
    let first = try fixture.mirror(lock("a"), texts: texts)
    #expect(first.kept == 0)
    let before = try fixture.state()
    // The objects are not even asked for.
    let again = try fixture.mirror(lock("a"), texts: [])
    #expect(again == MirrorDirectory.Change(written: 0, bytes: 0, kept: first.written, removed: 0))
    #expect(try fixture.state() == before)
    let second = try fixture.mirror(lock("a", "b"), texts: texts)
    #expect(second.written == 1)
    #expect(
      try fixture.names() == [
        "apt/local/main/dists/stable/InRelease", "\(MirrorDirectoryTests.pool)/a_1_all.deb",
        "\(MirrorDirectoryTests.pool)/b_1_all.deb",
      ])
    #expect(try MirrorVerification(of: fixture.directory).findings.isEmpty)
    #expect(before.split(separator: "\n").allSatisfy { $0.hasSuffix(" 644") })
  }

  @Test func `an earlier lock keeps its lists until they are pruned`() throws {
    try fixture.mirror(lock("a"), texts: texts)
    try fixture.mirror(lock("b", release: "later"), texts: texts)
    let inRelease = "apt/local/main/dists/stable/InRelease"
    #expect(try fixture.text(inRelease) == "later")
    let catalogue = try #require(try MirrorDirectory.catalogue(of: fixture.directory))
    for digest in MirrorPlan.digests(of: lock("a")) { #expect(catalogue.path(of: digest) != nil) }

    let kept = MirrorPlan.digests(of: lock("b", release: "later"))
    let change = try fixture.mirror(lock("b", release: "later"), texts: [], keeping: kept)
    // Its package, and its InRelease by its digest.
    #expect(change.removed == 2)
    #expect(try fixture.names() == [inRelease, "\(MirrorDirectoryTests.pool)/b_1_all.deb"])
    #expect(try MirrorVerification(of: fixture.directory).findings.isEmpty)
  }

  @Test func `pruning drops a suite with its keys, its directories and its stanza`() throws {
    let old = MirrorFixture.lock(
      [MirrorFixture.release("main", "oldstable", at: "https://example.org/old")],
      packages: [MirrorFixture.package("a", in: "main")])
    try fixture.mirror(old, texts: ["a", "InRelease of oldstable"])
    try fixture.mirror(lock("b"), texts: texts)
    #expect(try fixture.text(AptSources.name)?.contains("Suites: oldstable\n") == true)
    try fixture.mirror(lock("b"), texts: [], keeping: MirrorPlan.digests(of: lock("b")))
    #expect(try fixture.text(AptSources.name)?.contains("oldstable") == false)
    let left = try runTool("find", [fixture.directory]).split(separator: "\n")
    #expect(left.filter { $0.contains("example.org") } == [])
    #expect(try MirrorVerification(of: fixture.directory).findings.isEmpty)
  }

  @Test func `names what is missing, altered and superfluous, and writes it again`() throws {
    try fixture.mirror(lock("a", "b"), texts: texts)
    let pool = "\(fixture.directory)/\(MirrorDirectoryTests.pool)"
    try FileManager.default.removeItem(atPath: "\(pool)/a_1_all.deb")
    try Data("B".utf8).write(to: URL(filePath: "\(pool)/b_1_all.deb"))
    try Data("x".utf8).write(to: URL(filePath: "\(fixture.directory)/more"))
    let verification = try MirrorVerification(of: fixture.directory)
    let refusal = try #require(throws: Report.self) { try verification.check("DIR") }
    #expect(refusal.summary == "cannot trust the mirror DIR: 3 file(s) are not as mirror.json says")
    #expect(
      refusal.causes == [
        "missing: \(MirrorDirectoryTests.pool)/a_1_all.deb",
        "altered: \(MirrorDirectoryTests.pool)/b_1_all.deb: expected SHA-256 \(Digest(of: "b")), found \(Digest(of: "B"))",
        "superfluous: more",
      ])
    #expect(try fixture.mirror(lock("a", "b"), texts: texts).written == 2)
    #expect(try MirrorVerification(of: fixture.directory).findings.map(\.path) == ["more"])
  }

  @Test func `refuses an object that is not what the lock names, and leaves nothing of it`() throws {
    let plan = try MirrorFixture.plan(lock("a"))
    do {
      var mirror = try MirrorDirectory(writing: fixture.directory)
      let missing = try mirror.missing(of: plan)
      let refusal = try #require(throws: Report.self) {
        _ = try mirror.update(plan, missing: missing, url: nil, keeping: nil) { [fixture] _, _ in
          try Descriptor(opening: fixture.scratch.write([1, 2, 3], to: "damaged"), 0)
        }
      }
      #expect(refusal.summary.hasSuffix("the cache's copy is damaged"))
    }
    #expect(try files(below: fixture.directory) == [MirrorCatalogue.name])
    #expect(try fixture.mirror(lock("a"), texts: texts).written > 0)
  }

  @Test func `refuses a directory of somebody else's, and one that is being written`() throws {
    try fixture.scratch.write([1], to: "mirror/notes.txt")
    let refusal = try #require(throws: Report.self) { try fixture.mirror(lock("a"), texts: texts) }
    #expect(
      refusal.summary
        == "cannot write a mirror into \(fixture.directory): it holds other files, and no mirror.json")
    #expect(try files(below: fixture.directory) == ["notes.txt"])
    try FileManager.default.removeItem(atPath: "\(fixture.directory)/notes.txt")
    let first = try MirrorDirectory(writing: fixture.directory)
    let second = try #require(throws: Report.self) { try fixture.mirror(lock("a"), texts: texts) }
    #expect(second.summary.hasSuffix("another capsem-native writes it"))
    _ = consume first
  }

  @Test func `refuses another file of one name for a second lock`() throws {
    let one = MirrorFixture.lock([main], packages: [MirrorFixture.package("p", in: "main", text: "a")])
    let two = MirrorFixture.lock([main], packages: [MirrorFixture.package("p", in: "main", text: "b")])
    try fixture.mirror(one, texts: texts)
    let refusal = try #require(throws: Report.self) { try fixture.mirror(two, texts: texts) }
    #expect(refusal.summary.hasSuffix("the mirror has another file of that name, for another lock"))
    // The first lock's file is not named any more.
    try fixture.mirror(two, texts: texts, keeping: MirrorPlan.digests(of: two))
    #expect(try fixture.text("\(MirrorDirectoryTests.pool)/p_1_all.deb") == "b")
  }
}
