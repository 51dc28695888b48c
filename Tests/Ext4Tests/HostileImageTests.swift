import Ext4
import FileTree
import Glibc
import Testing

/// Images that are damaged or made to do harm: each is an error, in little time. `makeImage` makes their
/// harmless twin.
@Suite(.judged, .timeLimit(.minutes(3))) struct HostileImageTests {
  let scratch = Scratch()

  /// Without checksums, so that what is changed is believed.
  private func makeImage(_ options: String = "-t ext4 -b 1024 -O ^metadata_csum,^has_journal") throws {
    let made = Judge.run(
      """
      set -e; cd '\(scratch.path)'; mkdir -p tree/dir/sub; cd tree
      seq 3000 > file; printf short > dir/small; ln file dir/name; ln -s file link
      ln -s "$(printf '%070d' 1)" long; mkfifo pipe; setfattr -n user.note -v hello file
      for at in 1 3 5 7 9 11; do printf x | dd of=pieces bs=1024 seek=$at conv=notrunc status=none; done
      mkdir many; cd many; seq -f 'name-%.0f' 200 | xargs touch; cd ../..
      truncate -s 2M image; mke2fs -q -F \(options) -N 300 -d tree image
      """)
    try #require(made.status == 0, "\(made.output)")
  }

  private func debugfs(_ commands: String...) throws {
    let requests = commands.joined(separator: "\n")
    let done = Judge.run("cd '\(scratch.path)' && printf '%s\\n' '\(requests)' | debugfs -w -f - image")
    try #require(done.status == 0, "\(done.output)")
  }

  /// Everything that there is to read.
  private static func readAll(_ image: Ext4FileSystem) throws {
    _ = try Ext4Summary(of: image)
    let tree = try Ext4Tree(of: image)
    _ = try TreeText.digests(of: tree.entries, threads: 1) { try tree.digest(of: $0) }
    _ = try image.file(at: "/link").bytes(atMost: 1 << 20)
  }

  @Test func `the image itself can be read`() throws {
    try makeImage()
    try withImage(scratch("image"), Self.readAll)
  }

  /// The cause, with a word in place of inode numbers, which depend on the order in which mke2fs found them.
  private func cause(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let error = #expect(throws: Ext4ReadFailure.self, sourceLocation: sourceLocation) {
      try withImage(scratch("image"), Self.readAll)
    }
    return (error?.summary ?? "").replacing(/inode [0-9]+/, with: "inode N")
  }

  struct Case: CustomTestStringConvertible {
    var change: String
    var cause: String
    var testDescription: String { change }

    init(_ change: String, _ cause: String) { (self.change, self.cause) = (change, cause) }
  }

  @Test(arguments: [
    Case("ln dir dir/sub/loop", "/dir/sub/loop in image: it is the directory /dir"),
    Case("sif dir/small links_count 0", "/dir/small in image: inode N has a name and no links"),
    Case("sif file block[0] 0", "/file in image: its extent tree is damaged"),
    Case(
      "sif file block[5] 0xffffffff",
      "/file in image: it has the blocks 4294967295 to 4294967295, of an image of 2048"),
    Case("sif file size 9223372036854775807", "/file in image: its size is 9223372036854775807 bytes"),
    Case("sif file size 18446744073709551615", "/file in image: its size is 18446744073709551615 bytes"),
    Case(
      "sif file size 80000000000",
      "/file in image: with it, files have more than 64 GiB of holes, which are not read"),
    Case("sif dir size 1025", "/dir in image: it has 1025 bytes and 1 blocks of 1024"),
    Case("sif dir size 1048576", "/dir in image: it has 1048576 bytes and 1 blocks of 1024"),
    Case("sif long size 5000", "/long in image: its target has 5000 bytes"),
    Case("sif link size 10", "/link in image: its target has a NUL"),
    Case("sif link size 0", "/link in image: its target has 0 bytes"),
    Case("sif pipe mode 0170644", "/pipe in image: inode N is of no kind that there is"),
    Case("sif pipe flags 0x800", "/pipe in image: it is encrypted"),
    Case("sif file extra_isize 65535", "/file in image: inode N has 65535 bytes of extra fields"),
    Case(
      "sif file file_acl 99999", "/file in image: its attributes are in block 99999, of an image of 2048"),
    Case("sif pipe file_acl 100", "/pipe in image: Extended attribute block has a bad header"),
    Case("sif <2> mode 0100644", "image: its root is not a directory"),
    Case("sif link block[0] 0x6b6e696c", "/link in image: it leads through more than 40 symbolic links"),
  ])
  func `an inode that lies is an error`(subject: Case) throws {
    try makeImage()
    try debugfs(subject.change)
    #expect(try cause().hasSuffix(" " + subject.cause))
  }

  /// The bytes of the image.
  private func change(_ change: (inout [UInt8]) throws -> Void) throws {
    let descriptor = open(scratch("image"), O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes = try readAllBytes(descriptor)
    try change(&bytes)
    #expect(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
  }

  private func readAllBytes(_ descriptor: CInt) throws -> [UInt8] {
    try FileTree.readAll(descriptor, named: "image")
  }

  struct EntryCase: CustomTestStringConvertible {
    /// Where in the directory entry of the pipe, and what stands there.
    var offset: Int
    var bytes: [UInt8]
    var cause: String
    var testDescription: String { cause }

    init(at offset: Int, _ bytes: [UInt8], _ cause: String) {
      (self.offset, self.bytes, self.cause) = (offset, bytes, cause)
    }
  }

  @Test(arguments: [
    EntryCase(at: 0, [255, 255, 255, 255], "/ in image: its pipe is inode N, of 296"),
    EntryCase(at: 0, [34, 1, 0, 0], "/pipe in image: inode N has a name and no links"),
    EntryCase(at: 4, [0, 0], "/ in image: its entries are damaged"),
    EntryCase(at: 4, [13, 0], "/ in image: its entries are damaged"),
    EntryCase(at: 4, [8, 0], "/ in image: its entries are damaged"),
    EntryCase(at: 4, [0, 255], "/ in image: its entries are damaged"),
    EntryCase(at: 6, [0], "/ in image: it has the name \"\""),
    EntryCase(at: 6, [1, 5, 46], "/ in image: it has the name \".\""),
    EntryCase(at: 6, [2, 5, 46, 46], "/ in image: it has the name \"..\""),
    EntryCase(at: 9, [47], "/ in image: it has the name \"p/pe\""),
    EntryCase(at: 9, [0], "/ in image: it has the name \"p\\x00pe\""),
    EntryCase(at: 8, Array("link".utf8), "/link in image: its directory has this name twice"),
  ])
  func `a name that is none is an error`(subject: EntryCase) throws {
    try makeImage()
    try change { bytes in
      let place = try #require(bytes.firstRange(of: [4, 5] + Array("pipe".utf8))).lowerBound - 6
      bytes.replaceSubrange(
        place + subject.offset..<place + subject.offset + subject.bytes.count, with: subject.bytes)
    }
    let found = try cause()
    #expect(found == "cannot read " + subject.cause)
  }

  @Test func `a control character in a name is none of our business`() throws {
    try makeImage()
    try change { bytes in
      let place = try #require(bytes.firstRange(of: [4, 5] + Array("pipe".utf8))).lowerBound
      bytes.replaceSubrange(place + 3..<place + 5, with: [0x1b, 0x0a])
    }
    #expect(try imageText(scratch("image")).contains { $0.hasPrefix("/p\\x1b\\x0ae fifo ") })
  }

  @Test func `a part of an extent tree is passed once`() throws {
    try makeImage()
    let place = Judge.run("debugfs -R 'imap pieces' '\(scratch("image"))'").output
    let match = try #require(place.firstMatch(of: /block ([0-9]+), offset 0x([0-9a-f]+)/))
    let root = Int(match.1)! * 1024 + Int(match.2, radix: 16)! + 40
    try change { bytes in
      // One entry, which leads to a block.
      #expect(Array(bytes[root..<root + 8]) == [0x0a, 0xf3, 1, 0, 4, 0, 1, 0])
      let entry = bytes[root + 12..<root + 24]
      bytes[root + 2] = 4
      for copy in 1..<4 { bytes.replaceSubrange(root + 12 + copy * 12..<root + 24 + copy * 12, with: entry) }
    }
    #expect(try cause() == "cannot read /pieces in image: its extents overlap")
  }

  @Test func `pointers that lead in circles end`() throws {
    try makeImage("-t ext2 -b 1024")
    try debugfs("sif file block[TIND] 1500", "sif file size 17000000000")
    try change { bytes in
      for slot in 0..<256 {
        bytes.replaceSubrange(1_536_000 + slot * 4..<1_536_004 + slot * 4, with: [0xdc, 5, 0, 0])
      }
    }
    #expect(try cause() == "cannot read /file in image: with it, files have more blocks than the image")
  }

  @Test(arguments: [
    ("printf 'text' > image", "it is no ext4 image"),
    (": > image", "it is no ext4 image"),
    ("truncate -s 1M image; dd if=/dev/zero of=image bs=1k count=1024 status=none", "it is no ext4 image"),
    ("zstd -q image -o i && mv i image", "it is compressed with zstd"),
    ("gzip image && mv image.gz image", "it is compressed with gzip"),
    (
      "truncate -s 1M image",
      "it is cut off: its file system has 2048 blocks of 1024 bytes, the image 1048576 bytes"
    ),
    (
      "debugfs -w -R 'ssv blocks_count 4096' image",
      "it is cut off: its file system has 4096 blocks of 1024 bytes, the image 2097152 bytes"
    ),
    ("debugfs -w -R 'ssv inodes_per_group 0' image", "The ext2 superblock is corrupt"),
    ("debugfs -w -R 'ssv feature_incompat 0x40000042' image", "Filesystem has unsupported feature(s)"),
  ])
  func `what is no image of a file system is an error`(command: String, cause: String) throws {
    try makeImage()
    let done = Judge.run("cd '\(scratch.path)' && \(command)")
    try #require(done.status == 0, "\(done.output)")
    let found = try self.cause()
    #expect(found == "cannot read image: " + cause)
  }

  @Test(arguments: [
    (1024 + 120, "cannot read image: Superblock checksum does not match superblock"),
    (4096 + 2, "cannot read image: the descriptor of block group 0 does not match its checksum"),
  ])
  func `what does not match its checksum is an error`(offset: Int, cause: String) throws {
    try makeOurs()
    try change { $0[offset] ^= 1 }
    let found = try self.cause()
    #expect(found == cause)
  }

  /// A small image of our own, all of whose metadata has checksums.
  @discardableResult
  private func makeOurs() throws -> Ext4Layout {
    let recipe = Recipe()
    recipe.directory("many")
    for index in 0..<400 { recipe.file(TreePath(stringLiteral: "many/a-name-of-some-length-\(index)")) }
    recipe.file("holes", size: 2 << 20, pieces: (0..<8).map { (Int64($0) << 18, [1]) })
    recipe.file(
      "noted", [1], attributes: [ExtendedAttribute(name: "user.note", value: Array(repeating: 1, count: 500))]
    )
    recipe.link("link", to: "noted")
    return try recipe.image(at: scratch("image"))
  }

  @Test(arguments: [
    "-t ext4 -b 1024 -O ^metadata_csum,^has_journal", "-t ext2 -b 1024",
    "-t ext4 -b 1024 -O inline_data,ea_inode,^metadata_csum,^has_journal", "ours",
  ])
  func `changed bytes are an error or content, and never harm`(options: String) throws {
    if options == "ours" { try makeOurs() } else { try makeImage(options) }
    let descriptor = open(scratch("image"), O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    let bytes = try readAllBytes(descriptor)
    var random = Generator(state: 20261124)
    var (errors, contents) = (0, 0)
    for _ in 0..<400 {
      var places: [Int] = []
      // The superblock and the descriptors, or anything up to the first contents.
      let range = random.next() % 4 == 0 ? 1024..<3072 : 3072..<min(bytes.count, 256 << 10)
      for _ in 0...random.next() % 4 {
        let place = Int.random(in: range, using: &random)
        let value = [0, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)!
        #expect(pwrite(descriptor, [value], 1, off_t(place)) == 1)
        places.append(place)
      }
      do {
        try Self.readAll(try Ext4FileSystem(reading: descriptor, named: "image"))
        contents += 1
      } catch let error as Ext4ReadFailure {
        #expect(!error.cause.isEmpty)
        errors += 1
      }
      for place in places { #expect(pwrite(descriptor, [bytes[place]], 1, off_t(place)) == 1) }
    }
    #expect(errors > 20 && contents > 20, "\(errors) errors, \(contents) contents")
  }

  /// xorshift: the same numbers in every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }
}
