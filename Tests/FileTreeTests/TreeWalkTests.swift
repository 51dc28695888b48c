import Diagnosis
import FileTree
import Glibc
import Testing

/// Real directories, as they are listed, read and written down.
@Suite final class TreeWalkTests {
  private let path: String
  private let root: CInt

  init() throws {
    var template = Array("/var/tmp/capsem-tree-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit {
    close(root)
    system("umount -q \(path)/mount 2>/dev/null; rm -rf \(path)")
  }

  private func shell(_ command: String) throws {
    try #require(
      system("cd \(path) && { \(command); } && find . -depth -exec touch -hd @1.5 {} +") == 0)
  }

  private func lines(_ ownership: Ownership = Ownership()) throws -> [String] {
    let entries = try TreeWalk.entries(below: root, ownership: ownership)
    return try TreeText(of: entries, contents: DirectoryContents(root: root), threads: 2).lines
  }

  private static let user = "\(getuid()):\(getgid())"
  private static let hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

  @Test func `a tree as text`() throws {
    try shell(
      """
      chmod 755 . && mkdir -m 1777 tmp && printf 'hello\\n' > a && chmod 4750 a && mkdir -m 755 a-b
      ln a a-b/z && ln -s '../a b' link && mkfifo -m 600 fifo && setfattr -n user.note -v hi a-b
      """)
    let user = Self.user
    #expect(
      try lines().joined(separator: "\n") == """
        / directory 0755 \(user) 1.500000000 0 - - -
        /a file 4750 \(user) 1.500000000 6 \(Self.hello) 1 -
        /a-b directory 0755 \(user) 1.500000000 0 - - user.note=6869
        /a-b/z file 4750 \(user) 1.500000000 6 \(Self.hello) 1 -
        /fifo fifo 0600 \(user) 1.500000000 0 - - -
        /link symlink 0777 \(user) 1.500000000 6 ../a\\x20b - -
        /tmp directory 1777 \(user) 1.500000000 0 - - -
        """)
  }

  @Test(
    arguments: [
      (Array("plain-_.~".utf8), "plain-_.~"), (Array("a b\\\t\n".utf8), #"a\x20b\x5c\x09\x0a"#),
      (Array("caf\u{e9} \u{1f389}".utf8), "caf\u{e9}\\x20\u{1f389}"), ([0xff, 0x41, 0xc3], #"\xffA\xc3"#),
      (Array("\u{85}\u{2028}".utf8), #"\xc2\x85\xe2\x80\xa8"#),
    ] as [([UInt8], String)])
  func `a name is one word from which it can be had back`(bytes: [UInt8], word: String) {
    #expect(TreeText.escaped(bytes) == word)
  }

  @Test func `what an archive's header recorded counts`() throws {
    try shell("chmod 755 . && : > null && chmod 666 null && printf 'hello\\n' > full && chmod 644 full")
    let device = FileEntry.Kind.characterDevice(major: 1, minor: 3)
    let capability = ExtendedAttribute(name: "security.capability", value: [7])
    let ownership = Ownership(recorded: [
      "null": FileEntry(path: "null", kind: device, mode: 0o666, owner: Owner(user: 5, group: 6)),
      // A script put a file in the device's place.
      "full": FileEntry(
        path: "full", kind: device, mode: 0o666, owner: Owner(user: 7, group: 8),
        extendedAttributes: [capability]),
    ])
    #expect(
      try lines(ownership).dropFirst().joined(separator: "\n") == """
        /full file 0644 7:8 1.500000000 6 \(Self.hello) - security.capability=07
        /null character 0666 5:6 1.500000000 0 1:3 - -
        """)
  }

  @Test(
    arguments: [
      (0, [1, 0, 0, 2] + Array(repeating: 9, count: 16)),
      (100_000, [1, 0, 0, 3] + Array(repeating: 9, count: 16) + [0xa0, 0x86, 1, 0]),
    ] as [(UInt32, [UInt8])])
  func `a capability of our own namespace is one of the image's root`(root: UInt32, stored: [UInt8]) {
    let value: [UInt8] =
      [1, 0, 0, 3] + Array(repeating: 9, count: 16) + (root == 0 ? [0, 0, 0, 0] : [0xa0, 0x86, 1, 0])
    #expect(Ownership().capability(of: "file", onDisk: value) == stored)
  }

  @Test func `content is read below the root only`() throws {
    try shell("mkdir dir && echo inside > dir/file && ln -s /etc etc && ln -s dir alias")
    let contents = DirectoryContents(root: root)
    func size(_ path: TreePath, _ size: Int64) throws -> Int64 {
      try contents.withContent(of: FileEntry(path: path, kind: .file, mode: 0, size: size)) { descriptor, _ in
        Int64(lseek(descriptor, 0, SEEK_END))
      }
    }
    #expect(try size("dir/file", 7) == 7)
    #expect(throws: SystemFailure("open", "/alias/file", code: ELOOP)) { try size("alias/file", 7) }
    #expect(throws: SystemFailure("open", "/etc/hostname", code: ELOOP)) { try size("etc/hostname", 7) }
    #expect(throws: ContentChanged(path: "dir/file", expected: 8, found: 7)) { try size("dir/file", 8) }
  }

  @Test func `a hard link out of the tree makes no group`() throws {
    try shell("mkdir sub && echo > sub/a && ln sub/a b")
    let below = open(path + "/sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(below) }
    #expect(try TreeWalk.entries(below: below).map(\.hardLinkGroup) == [nil, nil])
    #expect(try TreeWalk.entries(below: root).map(\.hardLinkGroup) == [nil, 1, nil, 1])
  }

  @Test(.enabled(if: getuid() == 0, "mounting takes root"))
  func `a mount point is listed and what is mounted there is not`() throws {
    try shell("mkdir mount && mount -t tmpfs none mount && echo > mount/file")
    #expect(try TreeWalk.entries(below: root).map(\.path.description) == ["/", "/mount"])
  }

  @Test func `a tree deeper than there are descriptors is listed`() throws {
    try shell("d=.; for i in $(seq 1500); do d=$d/d; done; mkdir -p $d")
    #expect(try TreeWalk.entries(below: root).count == 1501)
  }
}
