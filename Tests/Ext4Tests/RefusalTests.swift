import Ext4
import FileTree
import Testing

/// Trees that do not become an image, and their harmless twins.
@Suite struct RefusalTests {
  struct Case: CustomTestStringConvertible {
    var entries: [FileEntry]
    var cause: String
    var testDescription: String { cause }

    init(_ cause: String, _ entries: FileEntry...) {
      self.entries = entries
      self.cause = cause
    }
  }

  private static func fifo(_ path: TreePath, seconds: Int64 = 0, group: Int? = nil) -> FileEntry {
    FileEntry(
      path: path, kind: .fifo, mode: 0o600, modified: Timestamp(seconds: seconds), hardLinkGroup: group)
  }

  private static func link(_ count: Int) -> FileEntry {
    FileEntry(path: "link", kind: .symbolicLink(target: Array(repeating: 65, count: count)), mode: 0o777)
  }

  private static let directory = FileEntry(path: "dir", kind: .directory, mode: 0o755)

  @Test(arguments: [
    Case("cannot store /a/b in ext4: its tree has no directory /a", fifo("a/b")),
    Case("cannot store /a/b in ext4: its tree has no directory /a", fifo("a"), fifo("a/b")),
    Case("cannot store /a in ext4: it does not come after /b in the order of paths", fifo("b"), fifo("a")),
    Case("cannot store /a in ext4: it does not come after /a in the order of paths", fifo("a"), fifo("a")),
    Case(
      "cannot store /link in ext4: its target has 4096 bytes, and a path has 1 to 4095 without NUL",
      link(4096)),
    Case("cannot store /link in ext4: its target has 0 bytes, and a path has 1 to 4095 without NUL", link(0)),
    Case(
      "cannot store /old in ext4: its time is -2147483649 s 0 ns, and ext4 holds -2147483648 to 15032385535 s",
      fifo("old", seconds: -2_147_483_649)),
    Case(
      "cannot store /huge in ext4: it has 17592186040321 bytes, and ext4 holds 17592186040320",
      FileEntry(path: "huge", kind: .file, mode: 0o600, size: 17_592_186_040_321)),
    Case(
      "cannot write the ext4 image: it needs more than the 2^32-1 blocks that ext4 has without the feature 64bit",
      FileEntry(path: "huge", kind: .file, mode: 0o600, size: 17_592_186_040_320)),
    Case("cannot store /lost+found in ext4: e2fsck needs a directory of this name", fifo("lost+found")),
    Case(
      "cannot store /b in ext4: it is a name of /a and differs from it", fifo("a", group: 1),
      FileEntry(path: "b", kind: .socket, mode: 0o600, hardLinkGroup: 1)),
    Case(
      "cannot store /device in ext4: its device is 4096:0, and ext4 holds up to 4095:1048575",
      FileEntry(path: "device", kind: .characterDevice(major: 4096, minor: 0), mode: 0o600)),
  ])
  func `says which entry and why`(subject: Case) {
    let root = FileEntry(path: .root, kind: .directory, mode: 0o755)
    let error = #expect(throws: Ext4Failure.self) {
      try Ext4Layout([root] + subject.entries, options: Recipe.options())
    }
    #expect(error?.summary == subject.cause)
  }

  @Test func `accepts their harmless twins`() throws {
    let root = FileEntry(path: .root, kind: .directory, mode: 0o755)
    _ = try Ext4Layout(
      [
        root, Self.fifo("a", group: 1), Self.fifo("b", group: 1), Self.directory,
        Self.fifo("dir/c", seconds: -2_147_483_648), Self.link(4095),
      ], options: Recipe.options())
  }

  @Test func `a tree without a root is none`() {
    let error = #expect(throws: Ext4Failure.self) {
      try Ext4Layout([Self.directory], options: Recipe.options())
    }
    #expect(error?.summary == "cannot write the ext4 image: its tree has no root directory")
  }
}
