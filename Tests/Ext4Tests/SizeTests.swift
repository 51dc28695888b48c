import Ext4
import FileTree
import Glibc
import Testing

/// Images that end in awkward places.
@Suite(.judged) struct SizeTests {
  let scratch = Scratch()
  private static let group: Int64 = 32768

  /// A tree that uses `blocks` blocks if there are `groups` groups.
  private func recipe(using blocks: Int64, groups: Int64) -> Recipe {
    let recipe = Recipe()
    // superblock, descriptors, bitmaps and a block of inodes for each group, two directories
    recipe.file("file", size: (blocks - 2 - groups * 3 - 2) * 4096)
    return recipe
  }

  @Test(
    arguments: [
      // A last group has two bitmaps, one block of inodes and 50 blocks, or is not there.
      (32767, 1, 32767), (32768, 1, 32768), (32769, 1, 32768 + 53), (32768 + 52, 2, 32768 + 53),
      (32768 + 53, 2, 32768 + 53), (32768 + 54, 2, 32768 + 54), (65535, 2, 65535), (65536, 2, 65536),
      (65537, 2, 65536 + 53),
    ] as [(Int64, Int64, Int64)])
  func `an image may end anywhere about a group's edge`(used: Int64, groups: Int64, blocks: Int64) throws {
    let layout = try recipe(using: used, groups: groups).image(at: scratch("image"), scanning: false)
    #expect(layout.byteCount == blocks * 4096)
    #expect(Judge.run("stat -c %s \(scratch("image"))").output == "\(blocks * 4096)\n")
  }

  @Test(.mounted, arguments: [32767, 32768, 32769, 32820, 32821, 32822] as [Int64])
  func `a given size is the file's, whatever the file system makes of it`(blocks: Int64) throws {
    let recipe = Recipe()
    recipe.file("file", [1, 2, 3])
    let bytes = blocks * 4096 + 123
    try recipe.image(at: scratch("image"), options: Recipe.options(size: .bytes(bytes)))
    #expect(Judge.run("stat -c %s \(scratch("image"))").output == "\(bytes)\n")
    try scratch.mounted(scratch("image")) { #expect(Judge.run("stat -c %s \($0)/file").output == "3\n") }
  }

  @Test func `more empty files than a group has inodes get groups`() throws {
    let recipe = Recipe()
    for index in 0..<40_000 { recipe.file(TreePath(stringLiteral: "\(index)")) }
    try recipe.image(at: scratch("image"))
  }

  @Test func `headroom is free blocks and free inodes`() throws {
    try Recipe().image(at: scratch("image"), options: Recipe.options(headroom: 16 << 20))
    let header = Judge.run("dumpe2fs -h \(scratch("image")) 2>/dev/null | grep '^Free'").output
    #expect(header == "Free blocks:              4096\nFree inodes:              1029\n")
  }

  @Test func `a size that is too small says what is needed`() throws {
    let recipe = recipe(using: 1000, groups: 1)
    let error = #expect(throws: Ext4Failure.self) {
      try Ext4Layout(recipe.sorted, options: Recipe.options(size: .bytes(999 * 4096)))
    }
    #expect(
      error?.summary
        == "cannot write the ext4 image: it needs 4096000 bytes, and its size is given as 4091904")
    _ = try Ext4Layout(recipe.sorted, options: Recipe.options(size: .bytes(1000 * 4096)))
  }
}
