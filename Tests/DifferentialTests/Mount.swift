import Foundation
import TestSupport

/// A mount that goes with its owner.
final class Mount {
  let path: String

  private init(_ arguments: [String], at path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try runTool("mount", arguments + [path])
    self.path = path
  }

  /// An image, read by the kernel.
  static func image(_ file: String, at path: String) throws -> Mount {
    try Mount(["-t", "ext4", "-o", "loop,ro,noload", file], at: path)
  }

  /// Memory: dpkg waits for the disk after every package.
  static func memory(at path: String) throws -> Mount { try Mount(["-t", "tmpfs", "none"], at: path) }

  deinit { _ = try? runTool("umount", [path]) }
}
