import Foundation
import TestSupport

/// A mount that goes with its owner.
final class Mount {
  let path: String
  /// What has to stay mounted for as long as this is.
  private let below: Mount?

  private init(_ arguments: [String], at path: String, on below: Mount? = nil) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try runTool("mount", arguments + [path])
    self.path = path
    self.below = below
  }

  /// An image, read by the kernel.
  static func image(_ file: String, at path: String) throws -> Mount {
    try Mount(["-t", "ext4", "-o", "loop,ro,noload", file], at: path)
  }

  /// Memory: dpkg waits for the disk after every package.
  static func memory(at path: String) throws -> Mount { try Mount(["-t", "tmpfs", "none"], at: path) }

  /// An ext4 in a file in `memory`. Without an index, its directories list what came first first; those of
  /// memory list it last, so that whatever depends on the order differs.
  static func ordered(in memory: Mount, at path: String) throws -> Mount {
    let file = "\(memory.path)/ext4"
    try runTool("truncate", ["--size", "16G", file])
    try runTool(
      "mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,nodiscard", "-O", "^dir_index,^has_journal", file])
    return try Mount(["-t", "ext4", "-o", "loop", file], at: path, on: memory)
  }

  /// Lazily: the kernel lets go of a loop device's file a little after its file system is unmounted.
  deinit { _ = try? runTool("umount", ["--lazy", path]) }
}
