import Ext4
import FileTree
import Glibc
import Testing

/// Opens an image for `body`.
func withImage<R>(_ path: String, _ body: (Ext4FileSystem) throws -> R) throws -> R {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  try #require(descriptor >= 0)
  defer { close(descriptor) }
  return try body(try Ext4FileSystem(reading: descriptor, named: "image"))
}

/// The text of the tree in an image.
func imageText(_ path: String) throws -> [String] {
  try withImage(path) { image in
    let tree = try Ext4Tree(of: image)
    let digests = try TreeText.digests(of: tree.entries, threads: 2) { try tree.digest(of: $0) }
    return TreeText(of: tree.entries, digests: digests).lines
  }
}

/// What is read back from images, ours and those of mke2fs.
@Suite(.judged) struct ReadingTests {
  let scratch = Scratch()

  @Test func `what was planned is read back`() throws {
    let recipe = Recipe()
    recipe.directory("dir")
    for length in [1, 59, 60, 4095] {
      recipe.link(TreePath(stringLiteral: "link\(length)"), to: String(repeating: "t", count: length))
    }
    // An index of two levels, and an extent tree of three.
    recipe.directory("many")
    for index in 0..<20_000 {
      recipe.file(TreePath(stringLiteral: "many/" + String(repeating: "n", count: 100) + "\(index)"))
    }
    recipe.file("holes", size: 200 << 20, pieces: (0..<1500).map { (Int64($0) << 17, [1, 2, 3]) })
    recipe.file("data", Array(repeating: 9, count: 3 << 20 | 5))
    recipe.add(FileEntry(path: TreePath(unchecked: [0xff, 0x0a, 0x5c]), kind: .fifo, mode: 0o600))
    recipe.add(FileEntry(path: "disk", kind: .blockDevice(major: 259, minor: 70000), mode: 0o660))
    recipe.add(FileEntry(path: "null", kind: .characterDevice(major: 1, minor: 3), mode: 0o666))
    recipe.add(FileEntry(path: "socket", kind: .socket, mode: 0o777))
    recipe.add(
      FileEntry(
        path: "owned", kind: .fifo, mode: 0o7600, owner: Owner(user: 70_000, group: 4_294_967_294),
        modified: Timestamp(seconds: 15_032_385_535, nanoseconds: 999_999_999)))
    recipe.add(
      FileEntry(path: "old", kind: .fifo, mode: 0o600, modified: Timestamp(seconds: -2_147_483_648)))
    let list: [UInt8] =
      [2, 0, 0, 0] + [1, 0, 7, 0, 255, 255, 255, 255] + [2, 0, 6, 0, 0x70, 0x11, 1, 0]
      + [4, 0, 5, 0, 255, 255, 255, 255] + [16, 0, 7, 0, 255, 255, 255, 255]
      + [32, 0, 4, 0, 255, 255, 255, 255]
    let attributes = [
      ExtendedAttribute(
        name: "security.capability", value: [1, 0, 0, 2, 0, 4, 0, 0] + Array(repeating: 0, count: 12)),
      ExtendedAttribute(name: "system.posix_acl_access", value: list),
      ExtendedAttribute(name: "trusted.overlay.opaque", value: [UInt8(ascii: "y")]),
      ExtendedAttribute(name: "user.long", value: Array(repeating: 7, count: 3000)),
    ]
    recipe.file("attributes", [1], attributes: attributes)
    recipe.file("dir/name", [1, 2])
    var entries = recipe.sorted
    let shared = entries.firstIndex { $0.path == "dir/name" }!
    entries[shared].hardLinkGroup = 1
    var second = entries[shared]
    second.path = "second"
    entries.append(second)
    entries.sort { $0.path < $1.path }

    let data = try DataRanges(entries, contents: recipe.examine(entries, threads: 2))
    let layout = try Ext4Layout(entries, data: data, options: Recipe.options())
    try write(layout, contents: recipe, to: scratch("image"), threads: 2)
    let planned = try TreeText(of: entries, contents: recipe, threads: 2).lines
    #expect(try imageText(scratch("image")) == planned)
  }

  @Test func `a lost+found that came with the tree is read back when it says so`() throws {
    let recipe = Recipe()
    recipe.add(FileEntry(path: "lost+found", kind: .directory, mode: 0o711))
    try recipe.image(at: scratch("image"))
    #expect(try imageText(scratch("image")).map { $0.prefix(12) } == ["/ directory ", "/lost+found "])
    let kept = Recipe()
    kept.add(FileEntry(path: "lost+found", kind: .directory, mode: 0o700))
    kept.file("lost+found/kept", [1])
    try kept.image(at: scratch("image"))
    #expect(try imageText(scratch("image")).count == 3)
  }

  /// A tree of the host's, with what mke2fs copies of one: it keeps whole seconds.
  private func makeTree() throws {
    let made = Judge.run(
      """
      set -e; mkdir '\(scratch("tree"))'; cd '\(scratch("tree"))'
      mkdir -p a/b/c empty; printf x > a/small; seq 100000 > a/b/numbers; : > a/none
      printf '%060d' 0 > sixty; printf '%0100d' 0 > hundred; printf '%0150d' 0 > inline
      ln a/small a/b/again; ln -s a/small short; ln -s "$(printf '%080d' 1)" long; mkfifo pipe
      for at in 20000000 41000000; do printf data | dd of=sparse bs=1 seek=$at conv=notrunc status=none; done
      mkdir many; cd many; seq -f 'file-with-a-long-name-%.0f' 3000 | xargs touch; cd ..
      setfattr -n user.note -v hello a/small; setfattr -n user.long -v "$(printf '%0600d' 1)" sixty
      chmod 4711 a/small; chmod 700 empty
      find . -exec touch -h -d @1700000001 {} +
      """)
    try #require(made.status == 0, "\(made.output)")
  }

  @Test(arguments: [
    "-t ext2 -b 1024", "-t ext3 -b 2048 -O ^dir_index", "-t ext4 -b 1024 -O 64bit,metadata_csum",
    "-t ext4 -b 4096 -O inline_data", "-t ext4 -b 1024 -I 512 -O inline_data,ea_inode",
    "-t ext4 -b 4096 -O ^metadata_csum,^extents,^64bit", "-t ext4 -b 4096 -O bigalloc -C 16384",
    "-t ext4 -b 1024 -O meta_bg,^resize_inode,metadata_csum_seed", "-t ext4 -b 4096 -I 128 -O ^metadata_csum",
    "-t ext2 -r 0 -b 4096", "-t ext4 -b 4096 -O ^filetype,^dir_index",
  ])
  func `what mke2fs copied is read back`(options: String) throws {
    try makeTree()
    let made = Judge.run(
      "truncate -s 96M '\(scratch("image"))' && mke2fs -q -F \(options) -d '\(scratch("tree"))' '\(scratch("image"))'"
    )
    try #require(made.status == 0, "\(made.output)")
    // mke2fs makes the root on its own.
    let source = try treeText(scratch("tree")).filter { !$0.hasPrefix("/ ") }
    let text = try imageText(scratch("image")).filter { !$0.hasPrefix("/ ") }
    // Revision 0 has no extended attributes.
    let words = options.contains("-r 0") ? 8 : 9
    func compared(_ lines: [String]) -> [[Substring]] {
      lines.map { Array($0.split(separator: " ").prefix(words)) }
    }
    #expect(compared(text) == compared(source))
  }

  @Test func `a value in an inode of its own is read`() throws {
    let made = Judge.run(
      """
      set -e; cd '\(scratch.path)'; mkdir tree; touch -d @1700000001 tree/one tree/two
      setfattr -n user.long -v "$(seq -s ' ' 800 | head -c 3000)" tree/one tree/two
      truncate -s 8M image; mke2fs -q -F -t ext4 -b 1024 -O ea_inode -d tree image
      """)
    try #require(made.status == 0, "\(made.output)")
    let source = try treeText(scratch("tree")).dropFirst()
    #expect(try imageText(scratch("image")).dropFirst() == source)
    let summary = try withImage(scratch("image")) { try Ext4Summary(of: $0) }
    // Two files and the two values, behind the reserved inodes and lost+found.
    #expect(summary.inodes - summary.freeInodes == 15)
    #expect(summary.files.files == 2)
  }

  @Test func `the summary says what dumpe2fs and find say`() throws {
    try makeTree()
    let made = Judge.run(
      "cd '\(scratch.path)'; truncate -s 64M image; mke2fs -q -F -t ext4 -L label -d tree image")
    try #require(made.status == 0, "\(made.output)")
    let header = Judge.run("dumpe2fs -h '\(scratch("image"))'").output.split(separator: "\n")
    func field(_ name: String) -> String? {
      header.first { $0.hasPrefix(name + ":") }.map {
        String($0.dropFirst(name.count + 1).drop { $0 == " " })
      }
    }
    let summary = try withImage(scratch("image")) { try Ext4Summary(of: $0) }
    #expect(summary.label == Array("label".utf8))
    #expect(field("Filesystem UUID")?.filter { $0 != "-" } == Digest.hex(summary.uuid))
    #expect(field("Block count") == "\(summary.blocks)")
    #expect(field("Free blocks") == "\(summary.freeBlocks)")
    #expect(field("Inode count") == "\(summary.inodes)")
    #expect(field("Free inodes") == "\(summary.freeInodes)")
    #expect(field("Block size") == "\(summary.bytesPerBlock)")
    #expect(field("Filesystem features") == summary.features.joined(separator: " "))
    func count(_ type: String) -> Int {
      let found = Judge.run("find '\(scratch("tree"))' -type \(type) -printf '%i\\n' | sort -u | wc -l")
        .output
      return Int(found.filter(\.isNumber)) ?? -1
    }
    #expect(summary.files.files == count("f"))
    // And lost+found.
    #expect(summary.files.directories == count("d") + 1)
    #expect(summary.files.symbolicLinks == count("l"))
    #expect(summary.files.others == count("p"))
    #expect(summary.files.devices == 0)
    #expect(!summary.needsRecovery && !summary.hasErrors)
  }
}
