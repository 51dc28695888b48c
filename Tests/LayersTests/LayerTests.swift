import Diagnosis
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Layers

@Suite struct LayerTests {
  /// A tree with a little of everything that an unprivileged process can make, and its layer.
  private struct Packed: ~Copyable {
    let scratch: ScratchDirectory
    let root: Descriptor
    let pack: Descriptor
    let layer: Layer

    init() throws {
      let scratch = try ScratchDirectory()
      let script = """
        mkdir -p tree/a/b tree/empty && cd tree
        echo one >a/one && ln a/one a/b/again && ln -s ../a/one link && mkfifo pipe
        cp a/one copy && : >nothing
        dd if=/dev/urandom of=a/large bs=1k count=500 status=none
        dd if=/dev/urandom of=sparse bs=4k count=1 seek=100 status=none && truncate -s 900001 sparse
        chmod 0751 a && chmod 01777 empty && chmod 0640 a/large
        setfattr -n user.note -v here a/large || true
        touch -h -d @1700000001.5 link a/large && touch -d @1600000000 a empty .
        """
      try runTool("sh", ["-ec", script], in: scratch.path)
      let root = try Descriptor(opening: scratch.file("tree"), O_RDONLY | O_DIRECTORY)
      let pack = try Descriptor(opening: scratch.file("pack"), O_RDWR | O_CREAT)
      let (entries, contents) = try LayerTests.examined(root.raw)
      layer = try Pack.write(
        entries, examined: contents, from: DirectoryContents(root: root.raw), to: pack.raw, threads: 2)
      self.scratch = scratch
      self.root = root
      self.pack = pack
    }
  }

  private static func examined(_ root: CInt) throws -> ([FileEntry], [PackedContent?]) {
    let entries = CanonicalTree.entries(try TreeWalk.entries(below: root))
    let contents = DirectoryContents(root: root)
    let digests = try TreeText.digests(of: entries, contents: contents, threads: 2)
    let packed = zip(entries, digests).map { entry, digest -> PackedContent? in
      guard let digest, entry.size > 0 else { return nil }
      // The sparse file's data is known to lie in its 101st block.
      let isSparse = entry.path == "sparse"
      let piece = PackedContent.Piece(
        start: isSparse ? 409_600 : 0, place: 0, count: isSparse ? 4096 : entry.size)
      return PackedContent(digest: digest, pieces: [piece])
    }
    return (entries, packed)
  }

  @Test func `a tree comes back from its layer with everything that an image has of it`() throws {
    let packed = try Packed()
    let (layer, scratch) = (packed.layer, packed.scratch)
    let index = try Layer(bytes: layer.bytes)
    #expect(index == layer)
    // Equal contents lie in the pack once, and holes not at all.
    #expect(layer.packSize == (1 + 125 + 1) * 4096)
    for threads in [1, 3] {
      let directory = scratch.file("again\(threads)")
      mkdir(directory, 0o700)
      let other = try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY)
      let result = try TreeRestoration(root: other.raw, threads: threads)
        .restore(index, from: packed.pack.raw)
      func text(_ root: CInt) throws -> [String] {
        let entries = CanonicalTree.entries(try TreeWalk.entries(below: root))
        return try TreeText(of: entries, contents: DirectoryContents(root: root), threads: 1).lines
      }
      let (before, after) = (try text(packed.root.raw), try text(other.raw))
      #expect(after == before)
      var status = stat()
      #expect(stat("\(directory)/sparse", &status) == 0)
      #expect(status.st_blocks <= 16)
      // What is known of a file ends with the next write to it, whatever its time then says.
      func known(_ path: TreePath) throws -> PackedContent? {
        let stamp = try #require(FileStamp(ofPath: "\(directory)\(path)"))
        return result.contents.content(at: path, stamp)
      }
      #expect(try known("copy")?.digest == Digest(of: "one\n"))
      try runTool("sh", ["-ec", "printf two >copy; echo >>copy; touch -d @1600000000 copy"], in: directory)
      #expect(try known("copy") == nil)
    }
  }

  @Test func `an index that lost or changed a bit is none`() throws {
    let packed = try Packed()
    let bytes = packed.layer.bytes
    for position in [0, 15, 40, bytes.count / 2, bytes.count - 1] {
      var damaged = bytes
      damaged[position] ^= 1
      #expect(throws: LayerError.self) { try Layer(bytes: damaged) }
      #expect(throws: LayerError.self) { try Layer(bytes: Array(bytes[..<position])) }
    }
  }

  @Test func `a pack that lost or changed a bit is found, and the file is named`() throws {
    let packed = try Packed()
    let (layer, pack) = (packed.layer, packed.pack.raw)
    #expect(try Pack.firstDamage(of: layer, in: pack, threads: 2) == nil)
    let large = try #require(layer.known["a/large"]?.pieces.first)
    var byte: UInt8 = 0
    #expect(pread(pack, &byte, 1, off_t(large.place + 70_000)) == 1)
    byte ^= 4
    #expect(pwrite(pack, &byte, 1, off_t(large.place + 70_000)) == 1)
    #expect(try Pack.firstDamage(of: layer, in: pack, threads: 2) == "a/large")
    byte ^= 4
    #expect(pwrite(pack, &byte, 1, off_t(large.place + 70_000)) == 1)
    #expect(ftruncate(pack, off_t(layer.packSize - 4096)) == 0)
    #expect(try Pack.firstDamage(of: layer, in: pack, threads: 2) != nil)
  }
}
