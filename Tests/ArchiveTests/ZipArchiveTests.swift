import Archive
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

/// Archives made by Python's own zipfile, some of them altered afterwards.
@Suite struct ZipArchiveTests {
  let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  /// Runs Python with `archive` as an open ZipFile for writing; returns the archive's bytes.
  private func archive(_ body: String) throws -> [UInt8] {
    let program = """
      import sys, zipfile, random
      random.seed(1)
      noise = random.randbytes(3_000_000)
      with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
      \(body.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
      """
    try runTool("python3", ["-c", program, scratch.file("archive.zip")])
    return Array(try Data(contentsOf: URL(fileURLWithPath: scratch.file("archive.zip"))))
  }

  private func small() throws -> [UInt8] {
    try archive("archive.writestr('first', b'one ' * 100)\narchive.writestr('second', b'two ' * 100)")
  }

  /// Name, size and SHA-256 of every member, as this reader has them.
  private func listing(_ bytes: [UInt8]) throws -> [String] {
    try scratch.write(bytes, to: "read.zip")
    let file = try Descriptor(opening: scratch.file("read.zip"), O_RDONLY)
    let archive = try ZipArchive(descriptor: file.raw, name: "read.zip")
    let reader = archive.reader()
    // The last first: any order will do.
    return try archive.members.reversed().map { member in
      var hasher = Digest.Hasher()
      try reader.content(of: member) { hasher.update($0) }
      return "\(member.entry.path) \(member.entry.size) \(hasher.finish())"
    }.reversed()
  }

  private func problem(_ bytes: [UInt8]) throws -> String {
    let error = #expect(throws: ArchiveError.self) { try listing(bytes) }
    return error?.problem ?? ""
  }

  @Test(arguments: [
    "archive.writestr('empty', b'')\narchive.writestr('d/', b'')",
    "archive.writestr('large', bytes(5_000_000))\narchive.writestr('noise', noise)",
    "archive.writestr('stored', noise, zipfile.ZIP_STORED)",
    "archive.writestr('fast', noise[:999] * 900, compresslevel=1)\narchive.writestr('none', noise, compresslevel=0)",
    "archive.comment = b'a word at the end'\narchive.writestr('a', b'a')",
    "with archive.open('wide', 'w', force_zip64=True) as member: member.write(b'wide' * 999)",
    "archive.start_dir = 0\narchive.writestr('ünï', b'name')",
    "[archive.writestr(f'many/{n}', str(n) * n) for n in range(700)]",
  ]) func `reads what Python's zipfile wrote`(body: String) throws {
    let bytes = try archive(body)
    let program = """
      import hashlib, sys, zipfile
      with zipfile.ZipFile(sys.argv[1]) as archive:
          for info in archive.infolist():
              content = archive.read(info)
              print("/" + info.filename.rstrip("/"), len(content), hashlib.sha256(content).hexdigest())
      """
    let expected = try runTool("python3", ["-c", program, scratch.file("archive.zip")])
    #expect(try listing(bytes) == expected.split(separator: "\n").map(String.init))
  }

  @Test func `reads the sizes of a stream that were not known in its header`() throws {
    let program = """
      import sys, zipfile
      class Pipe:
          def __init__(self, file): self.file = file
          def write(self, data): return self.file.write(data)
          def flush(self): self.file.flush()
      with open(sys.argv[1], "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
          archive.writestr("streamed", b"x" * 100_000)
      """
    try runTool("python3", ["-c", program, scratch.file("archive.zip")])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.file("archive.zip")))
    #expect(
      try listing(Array(bytes)) == ["/streamed 100000 \(Digest(of: Array(repeating: 0x78, count: 100_000)))"])
  }

  @Test func `refuses what was cut short, wherever`() throws {
    let bytes = try small()
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: (any Error).self) { try listing(Array(bytes[..<count])) }
    }
    #expect(try problem(Array(bytes[..<60])) == "it is not a whole zip archive: no end record was found")
  }

  @Test func `refuses bytes before, after and between`() throws {
    let bytes = try small()
    #expect(try problem([0] + bytes) == "its directory does not end where its end record begins")
    #expect(try problem(bytes + [0]) == "it is not a whole zip archive: no end record was found")
  }

  /// Offsets of the records' signatures.
  private func places(of signature: [UInt8], in bytes: [UInt8]) -> [Int] {
    bytes.indices.dropLast(3).filter { Array(bytes[$0..<$0 + 4]) == signature }
  }

  @Test func `refuses members that say two things, or share bytes`() throws {
    let bytes = try small()
    let local = places(of: [0x50, 0x4b, 3, 4], in: bytes)
    let central = places(of: [0x50, 0x4b, 1, 2], in: bytes)
    func altered(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var copy = bytes
      change(&copy)
      return copy
    }
    #expect(
      try problem(altered { $0[local[0] + 30] = 0x46 })
        == "/first is not what the archive's directory says of it")
    #expect(
      try problem(
        altered {
          $0[central[1] + 42] = 0; $0[central[1] + 43] = 0
        }
      )
      .hasSuffix(" shares bytes with what follows it"))
    // An extra field of the local header that reaches into the next member.
    #expect(
      try problem(altered { $0[local[0] + 28] = 9 }) == "/first shares bytes with what follows it")
    #expect(try problem(altered { $0[central[0] + 16] ^= 1 }) == "/first is damaged: its checksum is wrong")
    #expect(try problem(altered { $0[central[0] + 8] |= 1 }) == "/first is encrypted")
    #expect(
      try problem(altered { $0[central[0] + 10] = 12 })
        == "/first is compressed by method 12; stored and deflated are known")
    #expect(
      try problem(
        altered {
          $0[central[0] + 24] = 1; $0[central[0] + 25] = 0
        })
        == "/first is larger than the 1 bytes that are promised")
    #expect(
      try problem(altered { $0[central[0] + 25] = 99 })
        == "/first has 400 of the 25488 bytes that are promised")
    #expect(
      try problem(altered { $0[local[0] + 35] = 7 })
        == "/first is damaged: what is compressed cannot be read")
    #expect(
      try problem(
        altered {
          $0[bytes.count - 12] = 3; $0[bytes.count - 14] = 3
        })
        == "its directory has 2 entries, where it promises 3")
  }

  @Test(arguments: ["../up", "a/../../up"]) func `refuses names that lead out`(name: String) throws {
    let said = try problem(archive("archive.writestr('\(name)', b'')"))
    #expect(said == "refusing \"\(name)\": the name leads out of the tree")
  }

  @Test func `promises no more memory than asked for`() throws {
    let bytes = try archive("archive.writestr('bomb', bytes(50_000_000))")
    try scratch.write(bytes, to: "bomb.zip")
    let file = try Descriptor(opening: scratch.file("bomb.zip"), O_RDONLY)
    let archive = try ZipArchive(descriptor: file.raw, name: "bomb.zip")
    let error = #expect(throws: ArchiveError.self) {
      try archive.reader().bytes(of: archive.members[0], limit: 1 << 20)
    }
    #expect(error?.summary == "cannot read bomb.zip: /bomb is larger than 1048576 bytes")
  }
}
