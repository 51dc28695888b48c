import Ext4
import FileTree
import Testing

/// Single files of an image, found as a process finds them whose root it is.
@Suite struct LookupTests {
  let scratch = Scratch()

  init() throws {
    let recipe = Recipe()
    for path in ["a", "a/b", "many"] as [TreePath] { recipe.directory(path) }
    recipe.file("a/b/file", Array("content".utf8))
    recipe.file("top", Array("top".utf8))
    for index in 0..<3000 {
      recipe.file(TreePath(stringLiteral: "many/name\(index)"), Array("\(index)".utf8))
    }
    recipe.file("sparse", size: 3 << 20 + 10, pieces: [(1 << 20, Array("data".utf8))])
    for (path, target) in [
      ("absolute", "/a/b/file"), ("a/relative", "b/file"), ("a/b/up", "../../top"), ("above", "../../../top"),
      ("directory", "a/b/"), ("loop", "pool"), ("pool", "./loop"), ("nowhere", "absent"),
    ] {
      recipe.link(TreePath(stringLiteral: path), to: target)
    }
    recipe.add(FileEntry(path: "pipe", kind: .fifo, mode: 0o600))
    let layout = try Ext4Layout(recipe.sorted, options: Recipe.options())
    try write(layout, contents: recipe, to: scratch("image"), threads: 2)
  }

  private func content(_ path: String) throws -> String {
    try withImage(scratch("image")) { image in
      String(decoding: try image.file(at: path).bytes(atMost: 100), as: UTF8.self)
    }
  }

  @Test(arguments: [
    ("/a/b/file", "content"), ("a//b/./file", "content"), ("/../../top", "top"), ("/absolute", "content"),
    ("/a/relative", "content"), ("/a/b/up", "top"), ("/above", "top"), ("/directory/file", "content"),
    ("/directory/../b/up", "top"), ("/many/name2999", "2999"),
  ])
  func `follows links as if the image were the root`(path: String, expected: String) throws {
    #expect(try content(path) == expected)
  }

  @Test(arguments: [
    ("/absent", "no such file or directory"), ("/top/file", "no such file or directory"),
    ("/nowhere", "no such file or directory"), ("/a", "it is a directory"), ("/", "it is a directory"),
    ("/directory", "it is a directory"), ("/loop", "it leads through more than 40 symbolic links"),
    ("/pipe", "it is a device, a socket or a named pipe, and has no content"),
  ])
  func `says why there is no content`(path: String, cause: String) throws {
    let error = #expect(throws: Ext4ReadFailure.self) { try content(path) }
    #expect(error?.summary == "cannot read \(path) in image: \(cause)")
  }

  @Test func `reads any part of a file with holes`() throws {
    try withImage(scratch("image")) { image in
      let file = try image.file(at: "sparse")
      #expect(file.size == 3 << 20 + 10)
      var buffer = [UInt8](repeating: 1, count: 8)
      func read(at offset: UInt64) throws -> [UInt8] {
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        return Array(buffer[..<count])
      }
      #expect(try read(at: 0) == [0, 0, 0, 0, 0, 0, 0, 0])
      #expect(try read(at: 1 << 20 - 2) == [0, 0] + Array("data".utf8) + [0, 0])
      #expect(try read(at: 1 << 20 + 3) == Array("a".utf8) + [0, 0, 0, 0, 0, 0, 0])
      #expect(try read(at: file.size - 3) == [0, 0, 0])
      #expect(try read(at: file.size) == [])
    }
  }
}
