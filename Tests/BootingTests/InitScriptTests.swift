import Foundation
import TestSupport
import Testing

/// Functions of capsem-init, run by the busybox that it runs under.
@Suite struct InitScriptTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func run(_ functions: [String], _ script: String) throws -> String {
    let take = functions.map { "take \($0)" }.joined(separator: "; ")
    let text = """
      take() { sed -n "/^$1() {/,/}$/p" "\(BuildSite.repository)/guest/artifacts/capsem-init"; }
      eval "$(\(take))"
      \(script)
      """
    return try runTool("busybox", ["sh", "-euc", text], in: scratch.path)
  }

  @Test(arguments: ["ext4", "squashfs", "erofs", "blank", "unknown"])
  func `tells a disk's type by what is written on it, not by its name`(type: String) throws {
    let size = 1 << 20
    switch type {
    case "ext4": try runTool("mke2fs", ["-q", "-t", "ext4", "\(scratch.path)/disk.erofs", "1M"])
    case "squashfs": try place("hsqs", at: 0, size)
    case "erofs": try place([0xe2, 0xe1, 0xf5, 0xe0], at: 1024, size)
    case "blank": try place([], at: 0, size)
    default: try place("something else", at: 50_000, size)
    }
    #expect(try run(["bytes", "type_of"], "type_of disk.erofs") == "\(type)\n")
  }

  private func place(_ text: String, at offset: Int, _ size: Int) throws {
    try place(Array(text.utf8), at: offset, size)
  }

  private func place(_ bytes: [UInt8], at offset: Int, _ size: Int) throws {
    var content = [UInt8](repeating: 0, count: size)
    content.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    try scratch.write(content, to: "disk.erofs")
  }

  @Test func `the whole script is one that busybox understands`() throws {
    try runTool("busybox", ["sh", "-n", "\(BuildSite.repository)/guest/artifacts/capsem-init"])
  }
}
