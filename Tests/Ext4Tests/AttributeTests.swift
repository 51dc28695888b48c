import Ext4
import FileTree
import Glibc
import Testing

/// Extended attributes in the inode, in a block, and beyond.
@Suite(.judged) struct AttributeTests {
  let scratch = Scratch()
  private let capability = ExtendedAttribute(
    name: "security.capability", value: [1, 0, 0, 2, 0, 4, 0, 0] + Array(repeating: 0, count: 12))

  private func user(_ name: String, _ count: Int) -> ExtendedAttribute {
    ExtendedAttribute(name: "user." + name, value: (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ count) })
  }

  @Test(.mounted) func `the kernel reads them wherever they lie`() throws {
    let recipe = Recipe()
    recipe.file("capability", [1], attributes: [capability])
    recipe.file("both", [1], attributes: [capability, user("a", 20), user("b", 1)])
    recipe.file("empty-value", [1], attributes: [user("", 0), user("none", 0)].filter { $0.name != "user." })
    recipe.file(
      "spill", [1], attributes: [capability, user("a", 100), user("b", 3000), user("long-name", 3)])
    // 4096 - 32 for the header - 4 for the end - 16 and the name rounded up
    recipe.file("full", [1], attributes: [user("n", 4096 - 32 - 4 - 20)])
    let list: [UInt8] =
      [2, 0, 0, 0] + [1, 0, 7, 0, 255, 255, 255, 255] + [2, 0, 6, 0, 0x70, 0x11, 1, 0]
      + [4, 0, 5, 0, 255, 255, 255, 255] + [16, 0, 7, 0, 255, 255, 255, 255] + [
        32, 0, 4, 0, 255, 255, 255, 255,
      ]
    recipe.add(
      FileEntry(
        path: "listed", kind: .directory, mode: 0o774,
        extendedAttributes: [
          ExtendedAttribute(name: "system.posix_acl_access", value: list),
          ExtendedAttribute(name: "system.posix_acl_default", value: list),
          ExtendedAttribute(name: "trusted.overlay.opaque", value: [UInt8(ascii: "y")]),
        ]))
    try recipe.image(at: scratch("image"))
    let planned = try TreeText(of: recipe.sorted, contents: recipe, threads: 1).lines
    #expect(try scratch.mounted(scratch("image")) { try treeText($0) } == planned)
  }

  @Test func `the capability stays in the inode`() throws {
    let recipe = Recipe()
    recipe.file("file", [1], attributes: [capability, user("a", 20)])
    try recipe.image(at: scratch("image"))
    #expect(
      Judge.run("debugfs -R 'stat file' \(scratch("image"))").output.contains("security.capability (20)"))
  }

  struct Refusal: CustomTestStringConvertible {
    var attributes: [ExtendedAttribute]
    var cause: String
    var testDescription: String { cause }
  }

  @Test(arguments: [
    Refusal(
      attributes: [ExtendedAttribute(name: "user.n", value: Array(repeating: 1, count: 4041))],
      cause: "its extended attributes need 4068 bytes beyond its inode, and ext4 holds 4064"),
    Refusal(
      attributes: [ExtendedAttribute(name: "system.nfs4_acl", value: [1])],
      cause: "ext4 has no place for its extended attribute system.nfs4_acl"),
    Refusal(
      attributes: [ExtendedAttribute(name: "system.posix_acl_access", value: [9, 9])],
      cause: "its system.posix_acl_access is not an access control list"),
  ])
  func `what ext4 cannot hold is an error that names the file`(refusal: Refusal) throws {
    let recipe = Recipe()
    recipe.file("file", [1], attributes: refusal.attributes)
    let error = #expect(throws: Ext4Failure.self) { try Ext4Layout(recipe.sorted, options: Recipe.options()) }
    #expect(error?.summary == "cannot store /file in ext4: " + refusal.cause)
  }
}
