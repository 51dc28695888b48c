import Comparing
import FileTree
import Testing

@Suite struct TreeComparisonTests {
  private func file(_ path: TreePath, _ text: String = "", group: Int? = nil) -> (FileEntry, Digest?) {
    (
      FileEntry(
        path: path, kind: .file, mode: 0o644, size: Int64(text.utf8.count), hardLinkGroup: group),
      Digest(of: text)
    )
  }

  private func listing(_ files: [(FileEntry, Digest?)]) -> TreeListing {
    let root = (FileEntry(path: .root, kind: .directory, mode: 0o755), nil as Digest?)
    let sorted = [root] + files.sorted { $0.0.path < $1.0.path }
    return TreeListing(sorted.map(\.0), digests: sorted.map(\.1))
  }

  private func differences(_ a: [(FileEntry, Digest?)], _ b: [(FileEntry, Digest?)]) -> [TreeDifference] {
    TreeComparison(of: listing(a), with: listing(b)).differences
  }

  @Test func `equal trees have no difference, and unequal ones unequal digests`() {
    let tree = [file("a", "1"), file("b/c"), file("b")]
    #expect(differences(tree, tree) == [])
    #expect(listing(tree).digest == listing(tree.reversed()).digest)
    #expect(listing(tree).digest != listing([file("a", "2"), file("b/c"), file("b")]).digest)
  }

  @Test func `a path that only one tree has is added or removed`() {
    let found = differences([file("a"), file("m"), file("z")], [file("b"), file("m"), file("zz")])
    #expect(found.map(\.path) == ["a", "b", "z", "zz"])
    #expect(found.map(\.change) == [.removed, .added, .removed, .added])
    #expect(found.allSatisfy { $0.attributes.isEmpty })
  }

  @Test func `each attribute is named with both values`() {
    var (a, digest) = file("x", "one")
    a.owner = Owner(user: 1, group: 2)
    a.extendedAttributes = [
      ExtendedAttribute(name: "user.a", value: [1]), ExtendedAttribute(name: "user.b", value: [2]),
    ]
    var b = a
    b.mode = 0o4755
    b.owner = Owner(user: 3, group: 2)
    b.modified = Timestamp(seconds: 1, nanoseconds: 5)
    b.size = 5
    b.extendedAttributes = [
      ExtendedAttribute(name: "user.b", value: [3]), ExtendedAttribute(name: "user c", value: [0xff]),
    ]
    let found = differences([(a, digest)], [(b, Digest(of: "other"))])
    #expect(
      found.map(\.attributes) == [
        [
          AttributeDifference(.mode, "0644", "4755"), AttributeDifference(.owner, "1:2", "3:2"),
          AttributeDifference(.modified, "0.000000000", "1.000000005"), AttributeDifference(.size, "3", "5"),
          AttributeDifference(.content, Digest(of: "one").hex, Digest(of: "other").hex),
          AttributeDifference(.extendedAttribute("user\\x20c"), nil, "ff"),
          AttributeDifference(.extendedAttribute("user.a"), "01", nil),
          AttributeDifference(.extendedAttribute("user.b"), "02", "03"),
        ]
      ])
    #expect(found[0].hasOtherContent)
  }

  @Test func `what is of another kind has what each kind has`() {
    let link = FileEntry(path: "x", kind: .symbolicLink(target: Array("a b".utf8)), mode: 0o777, size: 3)
    let device = FileEntry(path: "x", kind: .characterDevice(major: 1, minor: 3), mode: 0o777)
    #expect(
      differences([(link, nil)], [(device, nil)]).first?.attributes == [
        AttributeDifference(.kind, "symlink", "character"), AttributeDifference(.target, "a\\x20b", nil),
        AttributeDifference(.device, nil, "1:3"),
      ])
    #expect(
      differences([(link, nil)], [file("x", "12")]).first?.attributes == [
        AttributeDifference(.kind, "symlink", "file"), AttributeDifference(.mode, "0777", "0644"),
        AttributeDifference(.size, nil, "2"), AttributeDifference(.content, nil, Digest(of: "12").hex),
        AttributeDifference(.target, "a\\x20b", nil),
      ])
    var other = link
    other.kind = .symbolicLink(target: Array("c".utf8))
    other.size = 1
    #expect(
      differences([(link, nil)], [(other, nil)]).first?.attributes == [
        AttributeDifference(.target, "a\\x20b", "c")
      ])
  }

  @Test func `hard links are told by names, not by the numbers of groups`() {
    let before = [file("b", group: 1), file("c", group: 1), file("d", group: 2), file("e", group: 2)]
    let after = [
      file("a1", group: 1), file("a2", group: 1), file("b", group: 2), file("c", group: 2), file("d"),
      file("e"),
    ]
    let found = differences(before, after)
    #expect(found.map(\.path) == ["a1", "a2", "d", "e"])
    #expect(found[2].attributes == [AttributeDifference(.hardLinks, "2 names: /d, /e", nil)])
    let many = (0..<9).map { file(TreePath(stringLiteral: "n\($0)"), group: 1) }
    #expect(
      differences(many, Array(many.dropLast()) + [file("n8")]).first?.attributes == [
        AttributeDifference(
          .hardLinks, "9 names: /n8, /n0, /n1, /n2 and 5 more", "8 names: /n0, /n1, /n2, /n3 and 4 more")
      ])
  }

  @Test func `one hard-link group that became ten thousand is no burden`() {
    // Work in the product of both would not end here.
    let count = 20_000
    let before = (0..<count).map { file(TreePath(unchecked: Array("d/\($0)".utf8)), group: 1) }
    let after = (0..<count).map { file(TreePath(unchecked: Array("d/\($0)".utf8)), group: $0 % 10_000) }
    let found = differences(before, after)
    #expect(found.count == count)
    #expect(found.allSatisfy { $0.attributes.count == 1 })
  }

  @Test func `whatever one tree has and the other has not is found`() {
    // Random trees of few paths, judged by dictionaries.
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      func tree() -> [TreePath: String] {
        var files: [TreePath: String] = [:]
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
          files[TreePath(unchecked: [UInt8.random(in: 0x61..<0x69, using: &random)])] =
            String(Int.random(in: 0..<2, using: &random))
        }
        return files
      }
      let (a, b) = (tree(), tree())
      let found = differences(a.map { file($0.key, $0.value) }, b.map { file($0.key, $0.value) })
      #expect(found.map(\.path) == Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted())
      for difference in found {
        let expected: TreeDifference.Change =
          a[difference.path] == nil ? .added : b[difference.path] == nil ? .removed : .changed
        #expect(difference.change == expected)
      }
    }
  }
}
