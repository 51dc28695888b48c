import Diagnosis
import FileTree
import Glibc
import Testing

/// The door through which names are made in a tree, with a canary beside it.
@Suite final class TreeWriterTests {
  private let path: String
  private let root: CInt

  init() throws {
    var template = Array("/var/tmp/capsem-writer-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    try #require(system("cd \(path) && mkdir tree outside && echo canary > outside/file") == 0)
    root = open(path + "/tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit {
    close(root)
    system("rm -rf \(path)")
  }

  private func holds(_ condition: String) -> Bool { system("cd \(path)/tree && { \(condition); }") == 0 }

  private func entry(_ path: TreePath, _ mode: UInt16 = 0o644) -> FileEntry {
    FileEntry(path: path, kind: .file, mode: mode, owner: Owner(user: getuid(), group: getgid()))
  }

  @Test func `links and renames across directories however many are open`() throws {
    var writer = TreeWriter(root: root)
    for number in 0..<120 {
      let (one, two) = (TreePath(stringLiteral: "a\(number)"), TreePath(stringLiteral: "b\(number)"))
      try writer.makeDirectory(one)
      try writer.makeDirectory(two)
      let file = one.appending("file".utf8)
      try writer.makeFile(entry(file)) { _ in }
      try writer.makeHardLink(two.appending("link".utf8), to: file)
      try writer.rename(file, to: two.appending("file".utf8))
      #expect(holds("test b\(number)/file -ef b\(number)/link && ! test -e a\(number)/file"))
    }
  }

  @Test func `a link in the tree never leads out of it`() throws {
    let outside = Array("\(path)/outside".utf8)
    var writer = TreeWriter(root: root)
    let owner = Owner(user: getuid(), group: getgid())
    for (name, target) in [("absolute", outside), ("climbing", Array("../outside".utf8))] {
      let link = TreePath(stringLiteral: name)
      try writer.makeSymbolicLink(
        FileEntry(path: link, kind: .symbolicLink(target: target), mode: 0o777, owner: owner), target: target)
      let file = link.appending("file".utf8)
      #expect(throws: SystemFailure.self) { try writer.makeFile(entry(file)) { _ in } }
      #expect(throws: SystemFailure.self) { try writer.makeDirectory(file) }
      #expect(throws: SystemFailure.self) { try writer.makeDirectory(link) }
      #expect(throws: SystemFailure.self) { try writer.setDirectory(entry(link)) }
      #expect(throws: SystemFailure.self) { try writer.makeHardLink("stolen", to: file) }
      try writer.remove(file)
      #expect(try writer.read(file) == nil)
      #expect(try writer.list(link) == [])
      #expect(try writer.kind(file) == nil)
      try writer.removeTree(link)
      #expect(try !writer.exists(link))
    }
    #expect(
      holds("test \"$(ls -A)\" = '' && grep -q canary ../outside/file && test \"$(ls ../outside)\" = file"))
  }

  @Test func `a link to a directory of the tree is passed through`() throws {
    var writer = TreeWriter(root: root)
    try writer.makeDirectories("usr/bin")
    let owner = Owner(user: getuid(), group: getgid())
    for (name, target) in [("bin", "usr/bin"), ("sbin", "/usr/bin"), ("xbin", "../../usr/bin")] {
      try writer.makeSymbolicLink(
        FileEntry(
          path: TreePath(stringLiteral: name), kind: .symbolicLink(target: Array(target.utf8)), mode: 0o777,
          owner: owner), target: Array(target.utf8))
      #expect(try !writer.makeDirectory(TreePath(stringLiteral: name)))
      try writer.makeFile(entry(TreePath(stringLiteral: "\(name)/from-\(name)"), 0o4755)) { _ in }
      #expect(holds("test -L \(name) && test -u usr/bin/from-\(name)"))
    }
  }

  @Test func `a name is taken once, and replaced when asked`() throws {
    var writer = TreeWriter(root: root)
    let owner = Owner(user: getuid(), group: getgid())
    try writer.makeFile(entry("file")) { _ in }
    #expect(throws: SystemFailure("create", "/file", code: EEXIST)) {
      try writer.makeFile(entry("file")) { _ in }
    }
    try writer.makeHardLink("other", to: "file")
    try writer.replaceFile("file", with: Array("new".utf8), mode: 0o600, owner: owner)
    #expect(try writer.read("file") == Array("new".utf8))
    #expect(try writer.read("other") == [])
    try writer.makeDirectories("directory/below")
    #expect(throws: SystemFailure.self) { try writer.replaceFile("directory", with: [], owner: owner) }
    try writer.removeContent(of: .root)
    #expect(holds("test \"$(ls -A)\" = ''"))
  }

  @Test func `reading stops at what is no file`() throws {
    try #require(system("cd \(path)/tree && mkfifo fifo && ln -s loop loop && mkdir d") == 0)
    let writer = TreeWriter(root: root)
    // Without a writer at the other end, a FIFO must not hold us up.
    #expect(try writer.read("fifo") == [])
    #expect(throws: SystemFailure("open", "/loop", code: ELOOP)) { try writer.read("loop") }
    #expect(throws: SystemFailure.self) { try writer.read("d") }
    #expect(try writer.read("d/missing") == nil && writer.read("fifo/below") == nil)
  }
}
