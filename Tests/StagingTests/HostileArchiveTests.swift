import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc
import Staging
import Testing
import TestSupport

private typealias Member = RawArchive.Member

/// Debian packages that no honest tool writes, from `fixtures/archives`. Whatever they say, nothing outside
/// the tree changes; and what is as odd but harmless is unpacked.
@Suite(.asRoot) struct HostileArchiveTests {
  @Test(arguments: ArchiveRecipe.all(for: .deb, refused: true))
  func `is refused`(recipe: ArchiveRecipe) throws {
    let fixture = try StagingFixture()
    let canary = fixture.scratch.file("canary")
    let packages = try recipe.archives(for: .deb, canary: canary).map { try fixture.add($0) }
    let before = try Canary(in: fixture.scratch)
    for package in packages {
      try recipe.checkRefusal { _ = try fixture.stage([package]).path }
    }
    try before.checkUntouched()
  }

  @Test(arguments: ArchiveRecipe.all(for: .deb, refused: false))
  func `is unpacked`(recipe: ArchiveRecipe) throws {
    let fixture = try StagingFixture()
    let archives = try recipe.archives(for: .deb, canary: fixture.scratch.file("canary"))
    let package = try fixture.add(archives[0])
    let canary = try Canary(in: fixture.scratch)
    let tree = try fixture.stage([package])
    #expect(tree.read("var/lib/dpkg/status")?.contains("Package: hostile\n") == true)
    try recipe.checkResults(below: tree.path)
    try canary.checkUntouched()
  }

  @Test func `a package may hold what its index says, and some more`() throws {
    let fixture = try StagingFixture()
    let zeros = Member(Array("zeros".utf8), content: Array(repeating: 0, count: 70 << 20))
    var package = try fixture.add(RawArchive.deb(data: [zeros]))
    #expect(throws: Never.self) { _ = try fixture.stage([package]).path }
    package.installedSize = 1
    let error = #expect(throws: ArchiveError.self) { _ = try fixture.stage([package]).path }
    #expect(error?.problem.hasPrefix("refusing /zeros: with it, there are more than 67108868 bytes") == true)
  }

  @Test func `devices are recorded and not made`() throws {
    let fixture = try StagingFixture()
    let tree = try fixture.stage([
      try fixture.add(
        RawArchive.deb(data: [.directory("lib"), Member(Array("lib/node".utf8), type: "3", mode: 0o640)]))
    ])
    let entry = try #require(tree.recorded["usr/lib/node"])
    #expect(entry.kind == .characterDevice(major: 1, minor: 3) && entry.mode == 0o640)
    #expect(try !tree.text().contains(" character "))
    #expect(access("\(tree.path)/usr/lib/node", F_OK) != 0)
  }

  @Test func `the last of two members of one name counts`() throws {
    let fixture = try StagingFixture()
    let deb = RawArchive.deb(data: [.file("a", "first"), .hardLink("b", to: "a"), .file("a", "second")])
    let tree = try fixture.stage([try fixture.add(deb)])
    #expect(tree.read("a") == "second" && tree.read("b") == "first")
  }
}
