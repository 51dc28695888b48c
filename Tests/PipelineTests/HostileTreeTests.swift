import FileTree
import Glibc
import Pipeline
import TestSupport
import Testing
import Threads

/// Tar archives for `pack`, from `fixtures/archives`. Nothing of them is unpacked: an image is made, or no file
/// at all.
@Suite struct HostileTreeTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func pack(_ archive: [UInt8]) throws {
    let source = try scratch.write(archive, to: "tree-hostile.tar")
    _ = try Packing(
      source: source, image: scratch.file("tree.ext4"), label: "", size: "minimal", headroom: "0", date: nil,
      threads: 1, cancellation: Cancellation(), events: { _ in }
    ).run()
  }

  @Test(arguments: ArchiveRecipe.all(for: .pack, refused: true))
  func `is refused, and no image is there`(recipe: ArchiveRecipe) throws {
    let canary = try Canary(in: scratch)
    for archive in try recipe.archives(for: .pack, canary: canary.path) {
      try recipe.checkRefusal { try pack(archive) }
      #expect(access(scratch.file("tree.ext4"), F_OK) != 0)
    }
    try canary.checkUntouched()
    #expect(try files(below: scratch.path).sorted() == ["canary/file", "tree-hostile.tar"])
  }

  @Test(arguments: ArchiveRecipe.all(for: .pack, refused: false))
  func `becomes an image that the kernel's own checker has nothing against`(recipe: ArchiveRecipe) throws {
    let canary = try Canary(in: scratch)
    try pack(recipe.archives(for: .pack, canary: canary.path)[0])
    try canary.checkUntouched()
    try runTool("e2fsck", ["-fn", scratch.file("tree.ext4")])
  }
}
