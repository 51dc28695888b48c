import Archive
import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import Staging
import Testing
import TestSupport

private typealias Member = RawArchive.Member

/// Archives that no honest tool writes. Whatever they say, nothing outside the tree changes; and what is
/// as odd but harmless is unpacked.
@Suite(.asRoot) struct HostileArchiveTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var summary: String
    /// Made from the absolute path of the directory that nothing may touch.
    var deb: @Sendable (_ canary: String) -> [UInt8]
    var testDescription: String { summary }

    init(_ summary: String, _ deb: @escaping @Sendable (_ canary: String) -> [UInt8]) {
      self.summary = summary
      self.deb = deb
    }

    init(_ summary: String, data: @escaping @Sendable (_ canary: String) -> [RawArchive.Member]) {
      self.init(summary) { RawArchive.deb(data: data($0)) }
    }

    init(_ summary: String, control: [RawArchive.Member]) {
      self.init(summary) { _ in RawArchive.deb(control: control, data: []) }
    }
  }

  private static let plain = RawArchive.control("hostile")

  static let refused: [Case] = [
    Case("a name that climbs", data: { _ in [.file("../canary/new")] }),
    Case("a name that climbs in the middle", data: { _ in [.directory("a"), .file("a/../../canary/file")] }),
    Case("a directory that climbs", data: { _ in [.directory("../canary/new/")] }),
    Case("a link that climbs", data: { _ in [.symbolicLink("../canary/new", to: "x")] }),
    Case("writing through an absolute link", data: { [.symbolicLink("out", to: $0), .file("out/file")] }),
    Case(
      "writing through a climbing link",
      data: { [.symbolicLink("out", to: "../../../../../../../..\($0)"), .file("out/file")] }),
    Case("a directory through a link", data: { [.symbolicLink("out", to: $0), .directory("out/new")] }),
    Case(
      "a link through a link", data: { [.symbolicLink("out", to: $0), .symbolicLink("out/new", to: "x")] }),
    Case(
      "writing through /proc", data: { _ in [.symbolicLink("out", to: "/proc/self/cwd"), .file("out/file")] }),
    Case("a hard link to outside", data: { _ in [.hardLink("x", to: "../canary/file")] }),
    Case("a hard link to an absolute name", data: { [.hardLink("x", to: "\($0)/file")] }),
    Case(
      "a hard link through a link", data: { [.symbolicLink("out", to: $0), .hardLink("x", to: "out/file")] }),
    Case("a hard link to nothing", data: { _ in [.hardLink("x", to: "./missing")] }),
    Case("a name of 256 bytes", data: { _ in Member.longName(String(repeating: "n", count: 256)) }),
    Case(
      "a path above 4095 bytes",
      data: { _ in Member.longName(Array(repeating: "n", count: 2050).joined(separator: "/")) }),
    Case("a root that is a link", data: { [.symbolicLink("./", to: $0), .file("./file")] }),
    Case("a root that is a file", data: { _ in [.file(".")] }),
    Case("a file where a directory is", data: { _ in [.directory("a"), .file("a/b"), .file("a")] }),
    Case("a directory where a file is", data: { _ in [.file("a"), .directory("a")] }),
    Case("a file without its directory", data: { _ in [.file("a/b")] }),
    Case(
      "content that is shorter than it says",
      data: { _ in [Member(Array("a".utf8), content: [1], size: 1 << 20)] }),
    Case("another name", control: [.file("./control", RawArchive.control("other"))]),
    Case("another version", control: [.file("./control", RawArchive.control("hostile", "1.00"))]),
    Case(
      "another architecture",
      control: [.file("./control", plain.replacing("Architecture: all", with: "Architecture: amd64"))]),
    Case("no control file", control: [.file("./controls", plain)]),
    Case("a second stanza", control: [.file("./control", plain + "\nPackage: base-files\n")]),
    Case("a field twice", control: [.file("./control", plain + "version: 2\n")]),
    Case("a state of its own", control: [.file("./control", plain + "Status: install ok installed\n")]),
    Case("conffiles of its own", control: [.file("./control", plain + "Conffiles:\n /etc/passwd 0\n")]),
    Case("a control member that climbs", control: [.file("./control", plain), .file("../../status")]),
    Case("a control member in a directory", control: [.file("./control", plain), .file("./sub/postinst")]),
    Case("a trigger that climbs", control: triggers("interest ../../../../canary/file")),
    Case("a trigger that climbs from the root", control: triggers("interest /usr/../../canary")),
    Case("a trigger in a directory", control: triggers("interest sub/name")),
    Case("a trigger named as dpkg's own file", control: triggers("interest File")),
    Case("a trigger with an odd name", control: triggers("activate caf\u{e9}")),
  ]

  /// As close to the above as harmless gets.
  static let accepted: [Case] = [
    Case("dots that do not climb", data: { _ in [.directory("./a/"), .file("./a/./..b"), .file(".//a/c")] }),
    Case("absolute names", data: { [.directory("/a"), .file("/a/file"), .symbolicLink("/a/link", to: $0)] }),
    Case(
      "writing through an inner link",
      data: { _ in [.directory("in"), .symbolicLink("l", to: "/in"), .file("l/file"), .directory("l/d")] }),
    Case(
      "writing through a link that climbs to the root only",
      data: { _ in [.directory("in"), .symbolicLink("l", to: "../../../in"), .file("l/file")] }),
    Case(
      "a link to outside", data: { [.symbolicLink("out", to: $0), .symbolicLink("file", to: "\($0)/file")] }),
    Case("writing over a link to outside", data: { [.symbolicLink("f", to: "\($0)/file"), .file("f")] }),
    Case(
      "writing over a hard link to a link",
      data: { [.symbolicLink("f", to: "\($0)/file"), .hardLink("g", to: "f"), .file("g")] }),
    Case(
      "a directory at a link to outside is the link's",
      data: { _ in [.directory("in"), .symbolicLink("l", to: "in"), .directory("l")] }),
    Case("a hard link", data: { _ in [.directory("d"), .file("d/a"), .hardLink("x", to: "./d/a")] }),
    Case("a name of 255 bytes", data: { _ in Member.longName(String(repeating: "n", count: 255)) }),
    Case(
      "a long path",
      data: { _ in (1...20).map { .directory(Array(repeating: "n", count: $0).joined(separator: "/")) } }),
    Case("a name that is not UTF-8", data: { _ in [Member([0x61, 0xff, 0xfe])] }),
    Case("a NUL in a name ends it", data: { _ in Member.pax(Array("a\0/../../canary/file".utf8)) }),
    Case("the same file twice", data: { _ in [.file("a", "first"), .file("a", "second")] }),
    Case("a device", data: { _ in [Member(Array("null".utf8), type: "3", mode: 0o666)] }),
    Case("a disk", data: { _ in [Member(Array("disk".utf8), type: "4", mode: 0o666)] }),
    Case(
      "a link where a directory is", data: { [.directory("a"), .symbolicLink("a", to: $0), .file("a/b")] }),
    Case("the right control file", control: [.file("./control", plain), .file("./postinst", mode: 0o755)]),
    Case("triggers", control: triggers("interest /usr", "activate a-b.c+d")),
  ]

  private static func triggers(_ lines: String...) -> [RawArchive.Member] {
    [.file("./control", plain), .file("./triggers", lines.map { $0 + "\n" }.joined())]
  }

  @Test(arguments: refused)
  func `is refused`(example: Case) throws {
    let fixture = try StagingFixture()
    let package = try fixture.add(example.deb(fixture.scratch.file("canary")))
    let error = #expect(throws: (any Error).self) { _ = try fixture.stage([package]).path }
    // A person is told, and it is no defect of ours.
    #expect(error is any Diagnosable)
    try fixture.expectCanary()
  }

  @Test(arguments: accepted)
  func `is unpacked`(example: Case) throws {
    let fixture = try StagingFixture()
    let package = try fixture.add(example.deb(fixture.scratch.file("canary")))
    let tree = try fixture.stage([package])
    #expect(tree.read("var/lib/dpkg/status")?.contains("Package: hostile\n") == true)
    try fixture.expectCanary()
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
