import Ext4
import FileTree
import Glibc
import Testing

/// Large, sparse and fragmented files.
@Suite(.judged) struct FileDataTests {
  let scratch = Scratch()

  /// The tree in `scratch("tree")` as an image.
  @discardableResult
  private func image(at path: String, threads: Int = 2) throws -> Ext4Layout {
    let root = open(scratch("tree"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    try #require(root >= 0)
    defer { close(root) }
    let entries = try TreeWalk.entries(below: root)
    let contents = DirectoryContents(root: root)
    let data = try DataRanges(entries, contents: contents.examine(entries, threads: threads))
    let layout = try Ext4Layout(entries, data: data, options: Recipe.options())
    try write(layout, contents: contents, to: path, threads: threads)
    Judge.expectClean(path)
    return layout
  }

  private func expectSame(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try scratch.mounted(scratch("image")) { point in
      let compared = Judge.run("cmp \(scratch("tree"))/\(name) \(point)/\(name)")
      #expect(compared.status == 0, "\(compared.output)", sourceLocation: sourceLocation)
    }
  }

  @Test(.mounted) func `a dense file of 600 MiB needs a block of extents`() throws {
    mkdir(scratch("tree"), 0o755)
    let made = Judge.run(
      "head -c 8M /dev/urandom > \(scratch("seed")); for i in $(seq 75); do cat \(scratch("seed")); echo -n $i; done | head -c 600M > \(scratch("tree"))/dense"
    )
    try #require(made.output == "")
    let layout = try image(at: scratch("image"))
    #expect(layout.contentBytes == 600 << 20)
    #expect(Judge.run("debugfs -R 'ex /dense' \(scratch("image"))").output.contains(" 1/ 1   5/  5 "))
    try expectSame("dense")
  }

  @Test(.mounted) func `a sparse file of 3 GiB takes the room of its data`() throws {
    mkdir(scratch("tree"), 0o755)
    let made = Judge.run(
      """
      cd \(scratch("tree")) && truncate -s 3G sparse
      for at in 0 5 700 1025 2047 3071; do echo data | dd of=sparse bs=1M seek=$at conv=notrunc status=none; done
      """)
    try #require(made.output == "")
    let layout = try image(at: scratch("image"))
    #expect(layout.byteCount < 1 << 20)
    try expectSame("sparse")
  }

  @Test(.mounted, arguments: [340, 341, 1360, 1361, 3000])
  func `a file of many holes has a tree of extents`(islands: Int) throws {
    let recipe = Recipe()
    recipe.file(
      "islands", size: Int64(islands) * 20 * 4096 + 5,
      pieces: (0..<islands).map { (Int64($0) * 20 * 4096, Array("island \($0)".utf8)) })
    let layout = try recipe.image(at: scratch("image"))
    #expect(layout.contentBytes == Int64(islands) * 4096)
    let planned = try TreeText(of: recipe.sorted, contents: recipe, threads: 2).lines
    #expect(try scratch.mounted(scratch("image")) { try treeText($0) } == planned)
  }

  @Test func `holes follow from content and not from the host's file system`() throws {
    mkdir(scratch("tree"), 0o755)
    let made = Judge.run(
      """
      cd \(scratch("tree")) && truncate -s 40M file && chmod 644 file && touch -d @0 . file
      for at in 0 17 18 4000 8192 9000; do echo data | dd of=file bs=4096 seek=$at conv=notrunc status=none; done
      touch -d @0 file
      """)
    try #require(made.output == "")
    try image(at: scratch("sparse"), threads: 1)
    #expect(
      Judge.run("cd \(scratch("tree")); cp --sparse=never file full && mv full file && touch -d @0 . file")
        .output == "")
    try image(at: scratch("full"))
    #expect(Judge.run("cmp \(scratch("sparse")) \(scratch("full"))").output == "")
  }

  @Test func `debugfs reads the same tree without a mount`() throws {
    mkdir(scratch("tree"), 0o755)
    let made = Judge.run(
      """
      cd \(scratch("tree")) && cp -r /usr/share/perl5 perl && truncate -s 200M sparse && ln -s perl link
      for at in 1 100 199; do echo data | dd of=sparse bs=1M seek=$at conv=notrunc status=none; done
      ln -s $(head -c 200 /dev/zero | tr '\\0' x) long && mkdir \(scratch("out"))
      """)
    try #require(made.output == "")
    try image(at: scratch("image"))
    let dumped = Judge.run("debugfs -R 'rdump / \(scratch("out"))' \(scratch("image")) 2>/dev/null")
    #expect(dumped.status == 0)
    #expect(
      Judge.run(
        "rmdir \(scratch("out"))/lost+found; diff -r --no-dereference \(scratch("tree")) \(scratch("out"))"
      )
      .output == "")
  }

  @Test func `a hole is 16 blocks of zeros or more`() throws {
    for (zeros, content) in [(15, 17), (16, 2)] as [(Int64, Int64)] {
      let recipe = Recipe()
      recipe.file("file", size: (zeros + 2) * 4096, pieces: [(0, [1]), ((zeros + 1) * 4096, [1])])
      #expect(try recipe.image(at: scratch("image")).contentBytes == content * 4096)
    }
  }

  @Test func `progress ends with all of the content`() throws {
    let recipe = Recipe()
    recipe.file("small", Array(repeating: 1, count: 100))
    recipe.file("large", size: 1 << 20)
    let layout = try Ext4Layout(recipe.sorted, options: Recipe.options())
    let descriptor = open(scratch("image"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let last = Last()
    try Ext4Image.write(layout, to: descriptor, contents: recipe, threads: 2) { last.value = $0 }
    #expect(last.value == layout.contentBytes && last.value == 100 + (1 << 20))
  }

  private final class Last: @unchecked Sendable { var value: Int64 = 0 }
}
