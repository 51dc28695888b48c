import Ext4
import FileTree

/// An ext4 image, read as `inspect` and `diff` do.
func parseImage(_ input: UnsafeRawBufferPointer) throws {
  try withFile(input) { file in
    let image = try Ext4FileSystem(reading: file, named: "input")
    _ = try Ext4Summary(of: image)
    let tree = try Ext4Tree(of: image)
    for entry in tree.entries where entry.kind == .file { _ = try tree.digest(of: entry) }
  }
}
