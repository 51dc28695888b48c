import Ext4
import FileTree
import Glibc
import Testing

/// What the kernel finds in an image.
@Suite(.judged) struct ImageTests {
  let scratch = Scratch()

  @Test(.mounted) func `the kernel shows the tree that was planned`() throws {
    let recipe = Recipe()
    recipe.directory("dir")
    recipe.file("dir/empty")
    recipe.file("dir/text", Array("hello\n".utf8))
    recipe.file("dir/page", Array(repeating: 7, count: 4096))
    for length in [1, 59, 60, 61, 4095] {
      recipe.link(TreePath(stringLiteral: "link\(length)"), to: String(repeating: "t", count: length))
    }
    recipe.directory(TreePath(stringLiteral: String(repeating: "d", count: 255)))
    recipe.file(TreePath(stringLiteral: "na\u{ef}ve caf\u{e9} \u{1f389}"))
    recipe.add(
      FileEntry(path: TreePath(unchecked: [0xff, 0x80, 0x20, 0x0a, 0x5c]), kind: .fifo, mode: 0o600))
    recipe.add(FileEntry(path: "null", kind: .characterDevice(major: 1, minor: 3), mode: 0o666))
    recipe.add(FileEntry(path: "whiteout", kind: .characterDevice(major: 0, minor: 0), mode: 0))
    recipe.add(FileEntry(path: "disk", kind: .blockDevice(major: 259, minor: 70000), mode: 0o660))
    recipe.add(FileEntry(path: "socket", kind: .socket, mode: 0o777))
    recipe.add(FileEntry(path: "set-id", kind: .directory, mode: 0o7777))
    recipe.add(
      FileEntry(path: "owned", kind: .fifo, mode: 0o600, owner: Owner(user: 70_000, group: 4_294_967_294)))
    for (name, seconds, nanoseconds) in [
      ("1901", -2_147_483_648, 0), ("1969", -1, 999_999_999), ("2039", 2_177_452_800, 123_456_789),
      ("2446", 15_032_385_535, 999_999_999),
    ] as [(String, Int64, UInt32)] {
      recipe.add(
        FileEntry(
          path: TreePath(stringLiteral: "time" + name), kind: .fifo, mode: 0o600,
          modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds)))
    }
    recipe.file("names", Array("shared".utf8))
    var entries = recipe.sorted
    let shared = entries.firstIndex { $0.path == "names" }!
    entries[shared].hardLinkGroup = 1
    for name in ["names2", "set-id/name"] as [TreePath] {
      var other = entries[shared]
      other.path = name
      entries.append(other)
    }
    entries.sort { $0.path < $1.path }

    try write(
      Ext4Layout(entries, options: Recipe.options()), contents: recipe, to: scratch("image"), threads: 2)
    Judge.expectClean(scratch("image"))
    let planned = try TreeText(of: entries, contents: recipe, threads: 2).lines
    #expect(try scratch.mounted(scratch("image")) { try treeText($0) } == planned)
  }

  @Test func `of several names the first in order of path says what the file is`() throws {
    let recipe = Recipe()
    recipe.directory("a")
    recipe.file("a/z", size: 1 << 20)
    var entries = recipe.sorted
    entries[2].hardLinkGroup = 7
    var second = entries[2]
    second.path = "b"
    second.mode = 0o777
    entries.append(second)
    let layout = try Ext4Layout(
      entries, data: DataRanges(entries, contents: recipe.examine(entries, threads: 2)),
      options: Recipe.options())
    #expect(layout.contentBytes == 0)
    try write(layout, contents: recipe, to: scratch("image"), threads: 2)
    Judge.expectClean(scratch("image"))
    let shown = Judge.run("debugfs -R 'stat b' \(scratch("image"))").output
    #expect(shown.contains("Mode:  0644") && shown.contains("Links: 2   Blockcount: 0"), "\(shown)")
  }

  @Test func `an empty tree is the smallest image`() throws {
    let layout = try Recipe().image(at: scratch("image"))
    #expect(
      layout.description == """
        217088 bytes, 53 blocks of 4096, 1 groups
        16 inodes of 256, 11 used; 46 blocks free
        0-0 superblock
        1-1 group descriptors
        2-2 block bitmaps
        3-3 inode bitmaps
        4-4 inode tables
        5-6 directories
        7-52 free
        """)
  }

  @Test func `any number of threads writes the same bytes`() throws {
    let recipe = Recipe()
    for index in 0..<3000 {
      recipe.file(
        TreePath(stringLiteral: "file\(index)"), Array(repeating: UInt8(index & 255), count: index * 7))
    }
    recipe.file("large", size: 40 << 20, pieces: (0..<40).map { (Int64($0) << 20, [1, 2, 3]) })
    try recipe.image(at: scratch("one"), threads: 1)
    try recipe.image(at: scratch("two"), threads: 2)
    try recipe.image(at: scratch("seven"), threads: 7)
    #expect(Judge.run("cd \(scratch.path) && cmp one two && cmp one seven").output == "")
  }

  @Test func `writing again over another image leaves nothing of it`() throws {
    let full = Recipe()
    full.file("full", Array(repeating: 255, count: 1 << 20))
    try full.image(at: scratch("again"))
    try Recipe().image(at: scratch("again"))
    try Recipe().image(at: scratch("once"))
    #expect(Judge.run("cd \(scratch.path) && cmp once again").output == "")
  }

  @Test func `has the features of an image that is read`() throws {
    try Recipe().image(
      at: scratch("image"), options: Recipe.options(label: "sixteen letters!", isReadOnly: true))
    let header = Judge.run("dumpe2fs -h \(scratch("image"))").output
    func field(_ name: String) -> String? {
      header.split(separator: "\n").first { $0.hasPrefix(name + ":") }.map {
        String($0.dropFirst(name.count + 1).drop { $0 == " " })
      }
    }
    #expect(field("Filesystem volume name") == "sixteen letters!")
    #expect(field("Filesystem UUID") == "01020304-0506-0708-090a-0b0c0d0e0f10")
    #expect(field("Directory Hash Seed") == "65666768-696a-6b6c-6d6e-6f7071727374")
    #expect(
      field("Filesystem features")
        == "ext_attr dir_index sparse_super2 filetype extent flex_bg large_file huge_file dir_nlink "
        + "extra_isize metadata_csum read-only")
    #expect(field("Filesystem flags") == "signed_directory_hash ")
    #expect(field("Filesystem state") == "clean")
    #expect(field("Reserved block count") == "0")
    for time in ["Filesystem created", "Last write time", "Last checked"] {
      #expect(field(time) == "Tue Nov 14 22:13:20 2023")
    }
  }

  @Test(.mounted) func `a tree's own lost+found is the one e2fsck uses`() throws {
    let recipe = Recipe()
    recipe.add(FileEntry(path: "lost+found", kind: .directory, mode: 0o711))
    recipe.file("lost+found/kept", [1])
    try recipe.image(at: scratch("image"))
    #expect(Judge.run("debugfs -R 'stat lost+found' \(scratch("image"))").output.contains("Inode: 11 "))
    try scratch.mounted(scratch("image")) { #expect(access($0 + "/lost+found/kept", R_OK) == 0) }
  }

  @Test func `a file that shrank since it was listed is an error that names it`() throws {
    let path = scratch("file")
    #expect(
      Judge.run("mkdir \(scratch("tree")); echo shorter > \(scratch("tree"))/file").status == 0, "\(path)")
    let root = open(scratch("tree"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(root) }
    var entries = try TreeWalk.entries(below: root)
    entries[1].size = 100
    let layout = try Ext4Layout(entries, options: Recipe.options())
    #expect(throws: ContentChanged(path: "file", expected: 100, found: 8)) {
      try write(layout, contents: DirectoryContents(root: root), to: scratch("image"), threads: 2)
    }
  }
}
