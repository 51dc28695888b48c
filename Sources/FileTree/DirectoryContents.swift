import CLinux
import Diagnosis
import Glibc

/// The content of regular files below an open directory. No symbolic link and no `..` leads out of it,
/// whatever the tree holds (openat2, RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS).
package struct DirectoryContents: FileContents {
  private let root: CInt

  /// `root` stays the caller's, open for as long as this value is used.
  package init(root: CInt) { self.root = root }

  package func withContent<R>(
    of entry: FileEntry, _ body: (_ descriptor: CInt, _ offset: Int64) throws -> R
  ) throws -> R {
    let descriptor = try openBeneath(root, entry.path, O_RDONLY | O_NONBLOCK)
    defer { close(descriptor) }
    var status = stat()
    try system("read", "\(entry.path)") { fstat(descriptor, &status) }
    guard status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == entry.size else {
      throw ContentChanged(path: entry.path, expected: entry.size, found: Int64(status.st_size))
    }
    return try body(descriptor, 0)
  }
}

/// A file that is not what it was when the tree was listed.
package struct ContentChanged: Diagnosable, Equatable {
  package var path: TreePath
  package var expected: Int64
  package var found: Int64

  package init(path: TreePath, expected: Int64, found: Int64) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  package var summary: String {
    "cannot read \(path): it changed while it was read, from \(expected) to \(found) bytes"
  }
}

/// Opens what is at `path` below `root`, following no symbolic link.
func openBeneath(_ root: CInt, _ path: TreePath, _ flags: CInt) throws(SystemFailure) -> CInt {
  let name = path.isRoot ? [UInt8(ascii: "."), 0] : path.bytes + [0]
  let resolve = UInt64(CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_SYMLINKS)
  return try system("open", "\(path)") {
    name.withUnsafeBytes {
      clinux_openat2(root, $0.baseAddress!.assumingMemoryBound(to: CChar.self), flags, 0, resolve)
    }
  }
}
