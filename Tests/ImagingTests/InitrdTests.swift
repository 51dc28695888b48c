import FileTree
import Foundation
import Glibc
import Imaging
import TestSupport
import Testing

/// gzip and cpio are the judges.
@Suite struct InitrdTests {
  private static let busybox = "/bin/busybox"

  private func initrd(date: Int64 = 1_700_000_000) throws -> (Initrd, file: FileHandle) {
    let busybox = try FileHandle(forReadingFrom: URL(filePath: InitrdTests.busybox))
    let initrd = try Initrd(
      Initrd.Base(
        busybox: .file(busybox.fileDescriptor), script: .bytes(Array("#!/bin/busybox sh\n".utf8)),
        runAgent: .bytes([0x7f, 0x45])), date: Timestamp(seconds: date, nanoseconds: 7))
    return (initrd, busybox)
  }

  private func write(_ initrd: Initrd, to path: String) throws {
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_TRUNC)
    try initrd.write(to: file.raw)
  }

  @Test func `holds what the kernel has to find, directories first`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/initrd.img"
    var (initrd, busybox) = try initrd()
    try initrd.load(modules: ["virtio_pci", "ext4"])
    try initrd.add("lib/modules/6.1.0/kernel/ext4.ko", mode: 0o644, .bytes([1, 2, 3]))
    try write(initrd, to: path)
    withExtendedLifetime(busybox) {}

    try runTool("gzip", ["-t", path])
    let listing = try runTool("sh", ["-c", "zcat \(path) | cpio -tv --quiet --numeric-uid-gid"])
    let lines = listing.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let names = lines.map { $0[8] }
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    for name in names where name.contains("/") {
      let parent = name.split(separator: "/").dropLast().joined(separator: "/")
      #expect(names.firstIndex(of: parent) ?? .max < names.firstIndex(of: name)!, "\(name)")
    }
    #expect(Set(lines.map { "\($0[2]) \($0[3])" }) == ["0 0"])
    let modes = Dictionary(uniqueKeysWithValues: zip(names, lines.map { $0[0] }))
    #expect(modes["init"] == "-rwxr-xr-x")
    #expect(modes["capsem-run-agent"] == "-r-xr-xr-x")
    #expect(modes["tmp"] == "drwxrwxrwt")
    #expect(lines.first { $0[8] == "bin/sh" }?.suffix(2) == ["->", "busybox"])

    try runTool(
      "sh", ["-c", "mkdir out; cd out; zcat ../initrd.img | cpio -im --quiet --no-absolute-filenames"],
      in: scratch.path)
    try runTool("cmp", [InitrdTests.busybox, "\(scratch.path)/out/bin/busybox"])
    #expect(
      try String(contentsOfFile: "\(scratch.path)/out/conf/modules", encoding: .utf8) == "virtio_pci\next4\n")
    #expect(try runTool("stat", ["-c", "%Y", "\(scratch.path)/out/init"]) == "1700000000\n")
  }

  @Test func `has the same bytes each time, and no time of its own`() throws {
    let scratch = try ScratchDirectory()
    for name in ["first", "second"] {
      let (initrd, busybox) = try initrd()
      try write(initrd, to: "\(scratch.path)/\(name)")
      withExtendedLifetime(busybox) {}
    }
    try runTool("cmp", ["first", "second"], in: scratch.path)
    // gzip's header: no flags, hence no name, and the time 0.
    let header = try Data(contentsOf: URL(filePath: "\(scratch.path)/first")).prefix(8)
    #expect(Array(header) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
    let (later, busybox) = try initrd(date: 1_700_000_001)
    try write(later, to: "\(scratch.path)/later")
    withExtendedLifetime(busybox) {}
    #expect(throws: ToolFailure.self) { try runTool("cmp", ["first", "later"], in: scratch.path) }
  }

  @Test func `refuses a file that grows while it is written`() throws {
    let scratch = try ScratchDirectory()
    let growing = try Descriptor(opening: "\(scratch.path)/growing", O_RDWR | O_CREAT)
    var (initrd, busybox) = try initrd()
    try initrd.add("log", mode: 0o644, .file(growing.raw))
    _ = Glibc.write(growing.raw, "more", 4)
    #expect(throws: ContentChanged.self) { try write(initrd, to: "\(scratch.path)/initrd.img") }
    withExtendedLifetime(busybox) {}
  }
}
