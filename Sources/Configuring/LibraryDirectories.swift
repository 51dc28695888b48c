import FileTree
import Glibc

/// Where ldconfig(8) looks for libraries, in its order: what `/etc/ld.so.conf` names, then where the loader
/// looks by itself. Absolute paths as they are written.
struct LibraryDirectories {
  private(set) var paths: [[UInt8]] = []

  /// `triplet` is Debian's directory of an architecture: "aarch64-linux-gnu".
  init(of tree: borrowing TreeWriter, triplet: String) throws {
    try read("etc/ld.so.conf", of: tree, depth: 0)
    for path in ["/lib/\(triplet)", "/usr/lib/\(triplet)", "/lib", "/usr/lib"] {
      paths.append(Array(path.utf8))
    }
  }

  private mutating func read(_ file: TreePath, of tree: borrowing TreeWriter, depth: Int) throws {
    // glibc would include a file in itself for ever.
    guard depth < 8, let text = try tree.read(file) else { return }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 13 })
      guard let first = words.first else { continue }
      if first.elementsEqual("include".utf8) {
        for pattern in words.dropFirst() { try include(Array(pattern), from: file, of: tree, depth: depth) }
      } else if first.first == UInt8(ascii: "/") {
        var path = Array(first)
        while path.count > 1 && path.last == UInt8(ascii: "/") { path.removeLast() }
        paths.append(path)
      }
    }
  }

  /// A pattern may have wildcards in its last component, as every package's has them.
  private mutating func include(
    _ pattern: [UInt8], from file: TreePath, of tree: borrowing TreeWriter, depth: Int
  ) throws {
    let isAbsolute = pattern.first == UInt8(ascii: "/")
    guard let place = TreePath(isAbsolute ? pattern : file.parent.bytes + [UInt8(ascii: "/")] + pattern)
    else {
      return
    }
    let wanted = place.name.map { CChar(bitPattern: $0) } + [0]
    for name in try tree.list(place.parent)
    where fnmatch(wanted, name.map { CChar(bitPattern: $0) } + [0], FNM_PERIOD) == 0 {
      try read(place.parent.appending(name), of: tree, depth: depth + 1)
    }
  }
}
