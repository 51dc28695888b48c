import Comparing
import FileTree
import Testing

@Suite struct PackageDifferenceTests {
  private func dpkg(_ name: String, _ version: String?) -> (package: PackageName, version: String?) {
    (PackageName(source: "dpkg", name: name, architecture: "amd64"), version)
  }

  @Test func `packages are added, removed and changed`() {
    let before = [dpkg("a", "1"), dpkg("b", "1"), dpkg("c", "1")]
    let found = PackageDifference.all(before, [dpkg("d", nil), dpkg("c", "2"), dpkg("b", "1")])
    #expect(found.map(\.package.name) == ["a", "c", "d"])
    #expect(found.map(\.change) == [.removed, .changed, .added])
    #expect(found.map(\.before) == ["1", "1", nil])
    #expect(found.map(\.after) == [nil, "2", "-"])
    #expect(PackageDifference.all(before, before.reversed()) == [])
  }

  @Test func `one name of two sources, places or architectures is two packages`() {
    let here = PackageName(source: "npm", name: "x", place: "usr/lib/node_modules")
    let there = PackageName(source: "npm", name: "x", place: "opt/node_modules")
    let python = PackageName(source: "python", name: "x", place: "usr/lib/node_modules")
    let found = PackageDifference.all([(here, "1"), (python, "1")], [(there, "1"), (python, "1")])
    #expect(found.map(\.package) == [there, here])
    #expect(PackageDifference.all([(here, "1"), (here, "2")], [(here, "2"), (here, "1")]) == [])
    #expect(PackageDifference.all([(here, "1"), (here, "2")], [(here, "2")]).map(\.before) == ["1, 2"])
  }
}
