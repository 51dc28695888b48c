import FileTree
import Testing

@Suite struct CanonicalTreeTests {
  private func entry(
    _ path: TreePath, _ kind: FileEntry.Kind = .file, mode: UInt16 = 0o644, group: Int? = nil
  ) -> FileEntry {
    FileEntry(path: path, kind: kind, mode: mode, hardLinkGroup: group)
  }

  @Test func `groups are numbered by path, and a group of one is none`() {
    let entries = CanonicalTree.entries([
      entry("d", group: 3), entry("c", group: 9), entry("b", group: 3), entry("a", group: 4),
      entry("e", group: 9), entry(.root, .directory),
    ])
    #expect(entries.map(\.path) == [.root, "a", "b", "c", "d", "e"])
    #expect(entries.map(\.hardLinkGroup) == [nil, nil, 1, 2, 1, 2])
    #expect(CanonicalTree.entries(entries) == entries)
  }

  @Test func `every name of a file says what the first says`() {
    var first = entry("a", mode: 0o4755, group: 1)
    first.owner = Owner(user: 1, group: 2)
    first.extendedAttributes = [
      ExtendedAttribute(name: "user.b", value: []), ExtendedAttribute(name: "user.a", value: [1]),
    ]
    let entries = CanonicalTree.entries([entry("b", group: 1), first])
    #expect(entries.map(\.path) == ["a", "b"])
    #expect(entries[1].mode == 0o4755 && entries[1].owner == first.owner)
    #expect(entries[1].extendedAttributes.map(\.name) == ["user.a", "user.b"])
  }

  @Test func `the directory that file systems come with is left out as they make it`() {
    let made = entry("lost+found", .directory, mode: 0o700)
    #expect(CanonicalTree.entries([made]) == [])
    #expect(CanonicalTree.entries([made, entry("lost+found!", .fifo)]).count == 1)
    #expect(CanonicalTree.entries([made, entry("lost+found!", .fifo), entry("lost+found/a")]).count == 3)
    #expect(CanonicalTree.entries([entry("lost+found", .directory, mode: 0o755)]).count == 1)
    #expect(CanonicalTree.entries([entry("a/lost+found", .directory, mode: 0o700)]).count == 1)
  }
}
