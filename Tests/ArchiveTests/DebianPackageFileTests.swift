import Archive
import FileTree
import Foundation
import Glibc
import Testing
import TestSupport

@Suite struct DebianPackageFileTests {
  let scratch: String

  init() throws {
    scratch = NSTemporaryDirectory() + "capsem-archive-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  /// A package made by the real dpkg-deb.
  private func package(compression: String) throws -> String {
    let tree = "\(scratch)/tree"
    try FileManager.default.createDirectory(atPath: "\(tree)/DEBIAN", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: "\(tree)/usr/bin", withIntermediateDirectories: true)
    try "Package: greeting\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: x\n"
      .write(toFile: "\(tree)/DEBIAN/control", atomically: true, encoding: .utf8)
    try "#!/bin/sh\n".write(toFile: "\(tree)/usr/bin/greet", atomically: true, encoding: .utf8)
    link("\(tree)/usr/bin/greet", "\(tree)/usr/bin/hello")
    let path = "\(scratch)/greeting-\(compression).deb"
    let build = Process()
    build.executableURL = URL(fileURLWithPath: "/usr/bin/dpkg-deb")
    build.arguments = ["--root-owner-group", "-Z\(compression)", "--build", tree, path]
    build.standardOutput = FileHandle.nullDevice
    try build.run()
    build.waitUntilExit()
    try #require(build.terminationStatus == 0)
    return path
  }

  @Test(arguments: ["none", "gzip", "xz", "zstd"])
  func `reads what dpkg-deb wrote`(compression: String) throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let file = try Descriptor(opening: package(compression: compression), O_RDONLY)
    let deb = try DebianPackageFile(descriptor: file.raw, name: "greeting")
    let control = try deb.controlArchive()
    var members: [String] = []
    while let member = try control.next() { members.append(member.entry.path.description) }
    #expect(members == ["/", "/control"])
    let data = try deb.dataArchive()
    var lines: [String] = []
    while let next = try data.next() {
      lines.append("\(next.entry.path) \(next.hardLinkTarget?.description ?? "-") \(next.entry.size)")
    }
    #expect(
      lines == [
        "/ - 0", "/usr - 0", "/usr/bin - 0", "/usr/bin/greet - 10", "/usr/bin/hello /usr/bin/greet 0",
      ])
  }

  @Test func `refuses a package that was cut short`() throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let path = try package(compression: "xz")
    truncate(path, 200)
    let file = try Descriptor(opening: path, O_RDONLY)
    #expect(throws: ArchiveError.self) { try DebianPackageFile(descriptor: file.raw, name: "greeting") }
  }

  struct Layout: Sendable, CustomTestStringConvertible {
    var members: [String]
    var isAccepted = false
    var testDescription: String { members.joined(separator: ", ") }
  }

  @Test(
    arguments: [
      Layout(members: ["debian-binary", "control.tar", "data.tar"], isAccepted: true),
      Layout(members: ["debian-binary/", "control.tar/", "data.tar/"], isAccepted: true),
      Layout(members: ["debian-binary", "_note", "control.tar", "_other", "data.tar"], isAccepted: true),
      Layout(members: ["control.tar", "debian-binary", "data.tar"]),
      Layout(members: ["debian-binary", "data.tar", "control.tar"]),
      Layout(members: ["control.tar", "data.tar"]), Layout(members: ["debian-binary", "control.tar"]),
      Layout(members: ["debian-binary", "data.tar"]), Layout(members: []),
      Layout(members: ["debian-binary", "debian-binary", "control.tar", "data.tar"]),
      Layout(members: ["debian-binary", "control.tar", "control.tar", "data.tar"]),
      Layout(members: ["debian-binary", "control.tar", "data.tar", "data.tar"]),
      Layout(members: ["debian-binary", "note", "control.tar", "data.tar"]),
    ])
  func `members in the order of deb(5), once each`(layout: Layout) throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let tar = RawArchive.tar([.file("./a")])
    let bytes = RawArchive.ar(
      layout.members.map { ($0, $0.hasPrefix("debian-binary") ? Array("2.0\n".utf8) : tar) })
    func open(_ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(scratch)/raw.deb"))
      let file = try Descriptor(opening: "\(scratch)/raw.deb", O_RDONLY)
      let deb = try DebianPackageFile(descriptor: file.raw, name: "raw")
      for archive in [try deb.controlArchive(), try deb.dataArchive()] {
        #expect(try archive.next()?.entry.path == "a")
        #expect(try archive.bytes(limit: 100) == Array("content\n".utf8))
        #expect(try archive.next() == nil)
      }
    }
    if layout.isAccepted {
      try open(bytes)
    } else {
      #expect(throws: ArchiveError.self) { try open(bytes) }
    }
  }

  @Test(arguments: [
    "999999999", "-1", "1x", "", "9223372036854775807",
  ])
  func `a member's size that cannot be is refused`(size: String) throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var bytes = RawArchive.deb(data: [])
    let field = size.padding(toLength: 10, withPad: " ", startingAt: 0).utf8
    bytes.replaceSubrange(8 + 48..<8 + 58, with: field.prefix(10))
    try Data(bytes).write(to: URL(fileURLWithPath: "\(scratch)/raw.deb"))
    let file = try Descriptor(opening: "\(scratch)/raw.deb", O_RDONLY)
    #expect(throws: ArchiveError.self) { try DebianPackageFile(descriptor: file.raw, name: "raw") }
  }

  @Test func `a member beyond the limit is not read into memory`() throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try Data(RawArchive.deb(data: [.file("a", String(repeating: "x", count: 100))]))
      .write(to: URL(fileURLWithPath: "\(scratch)/raw.deb"))
    let file = try Descriptor(opening: "\(scratch)/raw.deb", O_RDONLY)
    let deb = try DebianPackageFile(descriptor: file.raw, name: "raw")
    for (limit, isEnough) in [(99, false), (100, true)] {
      let data = try deb.dataArchive()
      _ = try data.next()
      _ = try data.next()
      let fits = (try? data.bytes(limit: limit)) != nil
      #expect(fits == isEnough)
    }
  }
}
