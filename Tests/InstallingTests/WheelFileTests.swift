import BuildModel
import Foundation
import Glibc
import Testing

@testable import Installing

@Suite struct WheelFileTests {
  struct Refusal: CustomTestStringConvertible {
    var testDescription: String
    var entries: [WheelFixture.Entry] = []
    var extraRows = ""
    var entryPoints = ""
    /// Stands in the error.
    var problem: String

    init(
      _ summary: String, _ entries: [WheelFixture.Entry] = [], extraRows: String = "",
      entryPoints: String = "",
      _ problem: String
    ) {
      testDescription = summary
      self.entries = entries
      self.extraRows = extraRows
      self.entryPoints = entryPoints
      self.problem = problem
    }
  }

  static let refusals: [Refusal] = [
    Refusal("a name that leaves the tree", [.init("../evil")], "leads out of the tree"),
    Refusal("an absolute name", [.init("/etc/evil")], "absolute name"),
    Refusal("a symbolic link", [.init("a", "/etc/passwd", mode: 0o120777)], "files only"),
    Refusal("a file that is there twice", [.init("a", "1"), .init("a", "1")], "twice"),
    Refusal("one file under two spellings", [.init("a", "1"), .init("./a", "1")], "twice"),
    Refusal("a file that RECORD does not list", [.init("a", "1", recorded: "-")], "/a is not listed"),
    Refusal("a file without a digest", [.init("a", "1", recorded: "")], "/a has no digest"),
    Refusal("a digest other than SHA-256", [.init("a", "1", recorded: "md5=abc")], "not SHA-256"),
    Refusal("a row without its file", extraRows: "b,,1\n", "lists /b"),
    Refusal("a row that leaves the wheel", extraRows: "../b,,1\n", "leads out of the wheel"),
    Refusal("a row that ends in a quote", extraRows: "\"b,,1\n", "inside a quoted name"),
    Refusal("a second dist-info", [.init("other-1.0.dist-info/METADATA")], "expected one .dist-info"),
    Refusal("a command with a slash", entryPoints: "[console_scripts]\n../x = a:b\n", "entry_points.txt"),
    Refusal(
      "a command with code in it", entryPoints: "[console_scripts]\nx = a:b();evil\n", "entry_points.txt"),
  ]

  @Test(arguments: refusals)
  func `refuses`(_ refusal: Refusal) throws {
    let scratch = try Scratch()
    let fixture = WheelFixture(
      entries: refusal.entries, entryPoints: refusal.entryPoints, extraRows: refusal.extraRows)
    let error = #expect(throws: (any Error).self) { try scratch.wheel(fixture) }
    let summary = (error as? WheelError)?.summary ?? "\(String(describing: error))"
    #expect(summary.contains(refusal.problem))
  }

  static let twins: [WheelFixture.Entry] = [
    .init("..evil"), .init("etc/evil"), .init("a..b", "1"), .init("./b", "2"), .init("c", "", mode: 0o100777),
    .init("greeting/q\"u,o.txt", "3"), .init("empty/"),
  ]

  @Test(arguments: twins.map(\.name))
  func `accepts the harmless twin of what it refuses`(name: String) throws {
    let scratch = try Scratch()
    let twin = Self.twins.filter { $0.name == name }
    let wheel = try scratch.wheel(
      WheelFixture(entries: twin, entryPoints: "[console_scripts]\n x.y = a.b:c.d [extra]\n[other]\nevil\n"))
    #expect(wheel.entryPoints.commands == [.init(name: "x.y", module: "a.b", attribute: "c.d")])
  }

  @Test func `refuses a wheel that is not what its name says`() throws {
    let scratch = try Scratch()
    let path = try WheelFixture(entries: []).write(to: scratch.path)
    #expect(throws: Never.self) { try scratch.wheel(at: path) }
    for name in ["other-1.0-py3-none-any.whl", "greeting-2.0-py3-none-any.whl", "greeting.whl"] {
      let copy = "\(scratch.path)/\(name)"
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      #expect(throws: WheelError.self, "\(name)") { try scratch.wheel(at: copy) }
    }
  }

  @Test func `refuses another platform and another Python`() throws {
    let scratch = try Scratch()
    let target = try #require(PythonTarget(python: "3.11", machine: "x86_64", glibcMinor: 36))
    func check(_ fixture: WheelFixture) throws {
      let path = try fixture.write(to: scratch.path)
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      _ = try WheelFile(descriptor: descriptor, file: fixture.file, target: target)
    }
    try check(
      WheelFixture(
        tag: "cp311-cp311-manylinux_2_36_x86_64", metadata: "Requires-Python: >=3.9,<4\n", entries: []))
    for tag in [
      "cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_39_x86_64", "py3-none-win_amd64",
    ] {
      #expect(throws: WheelError.self, "\(tag)") { try check(WheelFixture(tag: tag, entries: [])) }
    }
    #expect(throws: WheelError.self) {
      try check(WheelFixture(metadata: "Requires-Python: >=3.12\n", entries: []))
    }
  }

  @Test func `refuses a wheel without RECORD`() throws {
    let scratch = try Scratch()
    let path = try WheelFixture(entries: []).write(to: scratch.path, record: false)
    #expect(throws: WheelError("greeting-1.0-py3-none-any.whl", "greeting-1.0.dist-info/RECORD is missing")) {
      try scratch.wheel(at: path)
    }
  }
}
