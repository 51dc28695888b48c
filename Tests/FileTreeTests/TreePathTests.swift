import FileTree
import Testing

@Suite struct TreePathTests {
  @Test(arguments: [
    ("./usr/bin/", "/usr/bin"), ("/etc//passwd", "/etc/passwd"), ("./", "/"), ("a/./b", "/a/b"),
  ])
  func `takes off what archives put before a name`(raw: String, shown: String) throws {
    #expect(try #require(TreePath(raw)).description == shown)
  }

  @Test(arguments: ["../etc/passwd", "a/../../b", "a/..", "a\0b", String(repeating: "x", count: 256)])
  func `refuses what could leave the tree or cannot be a name`(raw: String) {
    #expect(TreePath(raw) == nil)
  }

  @Test func `orders by bytes`() throws {
    let names = ["b", "a/b", "a", "a-b", "\u{e9}"]
    #expect(
      names.map { TreePath(stringLiteral: $0) }.sorted().map(\.description)
        == ["/a", "/a-b", "/a/b", "/b", "/\u{e9}"])
  }

  @Test func `digests as sha256sum does`() {
    #expect(Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(hex: "ba78") == nil)
  }
}
