import FileTree
import Glibc
import Store
import TestSupport
import Testing
import Threads

@Suite struct StoreTests {
  let scratch: ScratchDirectory
  let store: Store

  init() throws {
    scratch = try ScratchDirectory()
    store = try Store(directory: scratch.file("cache"))
  }

  private func publish(_ text: String) throws -> Digest {
    let digest = Digest(of: text)
    try scratch.write(Array(text.utf8), to: "cache/partial/\(digest)")
    try store.publish(store.partialPath(digest), as: digest, size: Int64(text.utf8.count), durable: true)
    return digest
  }

  @Test func `keeps what is published under its digest, read-only`() throws {
    let digest = try publish("hello")
    #expect(try files(below: scratch.file("cache")) == ["objects/sha256/\(digest.hex.prefix(2))/\(digest)"])
    var information = stat()
    #expect(stat(store.path(of: digest), &information) == 0)
    #expect(information.st_mode & 0o7777 == 0o444)
    #expect(try store.contains(digest, size: 5))
    #expect(try store.read(digest) == Array("hello".utf8))
  }

  @Test func `knows nothing of what was not published`() throws {
    #expect(try !store.contains(Digest(of: "absent")))
    #expect(try store.read(Digest(of: "absent")) == nil)
  }

  @Test func `removes an object of another size when it is opened`() throws {
    let digest = try publish("hello")
    chmod(store.path(of: digest), 0o644)
    truncate(store.path(of: digest), 3)
    #expect(try !store.contains(digest, size: 5))
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `removes an altered object of the right size when it verifies`() throws {
    let digest = try publish("hello")
    try FileTreeAccess.overwrite(store.path(of: digest), with: "jello")
    #expect(try store.contains(digest, size: 5))
    let isThere = try store.open(digest, size: 5, verifying: true) != nil
    #expect(!isThere)
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `removes a symbolic link in an object's place`() throws {
    let digest = try publish("hello")
    unlink(store.path(of: digest))
    symlink("/etc/passwd", store.path(of: digest))
    #expect(try !store.contains(digest))
    #expect(access("/etc/passwd", F_OK) == 0)
  }

  @Test func `refuses to publish a file of another size, and removes it`() throws {
    let digest = Digest(of: "hello")
    try scratch.write(Array("hell".utf8), to: "cache/partial/\(digest)")
    #expect(throws: (any Error).self) {
      try store.publish(store.partialPath(digest), as: digest, size: 5)
    }
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `inserts bytes once`() throws {
    let digest = try store.insert(Array("text".utf8))
    #expect(try store.insert(Array("text".utf8)) == digest)
    #expect(digest == Digest(of: "text"))
    #expect(try files(below: scratch.file("cache")).count == 1)
  }

  @Test func `locks an object for one at a time and leaves no lock behind`() throws {
    let digest = Digest(of: "wanted")
    do {
      let first = try store.lock(digest)
      let isFree = try store.tryLock(digest) != nil
      #expect(!isFree)
      _ = consume first
    }
    let isFree = try store.tryLock(digest) != nil
    #expect(isFree)
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `lets many threads hold one lock in turn`() throws {
    let digest = Digest(of: "wanted")
    let inside = Monitor((now: 0, most: 0, total: 0))
    let store = store
    let threads = (0..<8).map { _ in
      SystemThread {
        for _ in 0..<20 {
          guard let lock = try? store.lock(digest) else { return }
          inside.access { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.total + 1) }
          inside.access { $0.now -= 1 }
          _ = consume lock
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(inside.access { $0.most } == 1)
    #expect(inside.access { $0.total } == 160)
  }

  @Test func `keeps records by kind and name`() throws {
    #expect(try store.record("resolutions", "abc") == nil)
    try store.setRecord("resolutions", "abc", to: [1, 2])
    try store.setRecord("resolutions", "abc", to: [3])
    #expect(try store.record("resolutions", "abc") == [3])
    #expect(try files(below: scratch.file("cache")) == ["records/resolutions/abc"])
    try store.removeRecord("resolutions", "abc")
    #expect(try store.record("resolutions", "abc") == nil)
  }
}

enum FileTreeAccess {
  static func overwrite(_ path: String, with text: String) throws {
    chmod(path, 0o644)
    let file = try Descriptor(opening: path, O_WRONLY)
    try Array(text.utf8).withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: path) }
  }
}
