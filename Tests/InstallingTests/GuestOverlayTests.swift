import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Installing

@Suite struct GuestOverlayTests {
  private static let modified = Timestamp(seconds: 1_700_000_000)

  private static func file(_ path: String, _ mode: UInt16, _ text: String) -> PlacedFile {
    PlacedFile(path: path, mode: mode, content: .object(Digest(of: text)))
  }

  private static let texts = ["one\n", "two\n", "three\n"]
  private static let files = [
    file("/etc/tips", 0o644, "one\n"), file("/usr/local/bin/doctor", 0o755, "two\n"),
    PlacedFile(path: "/usr/local/bin/test", mode: 0o777, content: .link(target: "doctor")),
    file("/usr/local/lib/new/deep/module.py", 0o644, "three\n"),
  ]

  private static func entries(_ root: CInt) throws -> [FileEntry] {
    CanonicalTree.entries(try TreeWalk.entries(below: root))
  }

  /// The entries and contents of both ways, as text.
  @Test(.enabled("the tree is root's", { Requirement.root }))
  func `files over a listed tree are those that would be placed on disk`() throws {
    let scratch = try ScratchDirectory()
    let script = """
      mkdir -p tree/etc tree/usr/local/bin tree/usr/local/lib && cd tree
      echo earlier >usr/local/bin/doctor && ln usr/local/bin/doctor etc/second && ln -s nowhere etc/tips
      find . -exec touch -h -d @1600000000 {} +
      """
    try runTool("sh", ["-ec", script], in: scratch.path)
    for text in GuestOverlayTests.texts {
      try scratch.write(Array(text.utf8), to: Digest(of: text).hex)
    }
    let root = try Descriptor(opening: scratch.file("tree"), O_RDONLY | O_DIRECTORY)
    let open = { (digest: Digest, _: String) throws -> Descriptor in
      try Descriptor(opening: scratch.file(digest.hex), O_RDONLY)
    }
    let base = try GuestOverlayTests.entries(root.raw)
    let overlay = try #require(
      try GuestOverlay(
        GuestOverlayTests.files, over: base, modified: GuestOverlayTests.modified, open: open))
    let disk = DirectoryContents(root: root.raw)
    let listed = try TreeText(
      of: CanonicalTree.entries(overlay.entries), contents: overlay.contents(over: disk), threads: 1)
    try GuestFiles.place(
      GuestOverlayTests.files, in: root.raw, modified: GuestOverlayTests.modified, open: open)
    let placed = try TreeText(of: GuestOverlayTests.entries(root.raw), contents: disk, threads: 1)
    #expect(listed.lines == placed.lines)
    #expect(placed.text.contains("/usr/local/lib/new/deep/module.py file 0644 0:0 1700000000"))
  }

  @Test func `a tree that has a link or a file in the way has to be written itself`() throws {
    let root = FileEntry(path: .root, kind: .directory, mode: 0o755)
    for kind in [FileEntry.Kind.symbolicLink(target: Array("other".utf8)), .file, .fifo] {
      let base = [root, FileEntry(path: "etc", kind: kind, mode: 0o755)]
      let overlay = try GuestOverlay(
        [GuestOverlayTests.files[0]], over: base, modified: GuestOverlayTests.modified
      ) { digest, _ in
        throw Report("nobody needs \(digest)")
      }
      #expect(overlay == nil)
    }
  }
}
