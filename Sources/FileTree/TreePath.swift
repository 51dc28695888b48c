import Glibc

/// A path below a tree's root: bytes, without a leading or trailing slash, without `.` and `..`. The
/// root itself is the empty path. Ordered by bytes, whatever the locale.
package struct TreePath: Hashable, Sendable, Comparable {
  package let bytes: [UInt8]

  /// Trusted bytes in the form above.
  package init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Leading `/` and `./`, doubled and trailing slashes are taken off. Nil for what could leave the
  /// tree or cannot be a name: `..`, a NUL, a component above 255 bytes, a path above 4095.
  package init?(_ raw: some Sequence<UInt8>) {
    let raw = Array(raw)
    var components: [ArraySlice<UInt8>] = []
    for part in raw.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) || part.count > 255 || part.contains(0) { return nil }
      components.append(part)
    }
    self.bytes = Array(components.joined(separator: CollectionOfOne(UInt8(ascii: "/"))))
    if bytes.count > 4095 { return nil }
  }

  package init?(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

  package static let root = TreePath(unchecked: [])

  package var isRoot: Bool { bytes.isEmpty }

  /// The last component; empty for the root.
  package var name: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
    return bytes[(slash + 1)...]
  }

  /// The directory that holds it; the root's is the root.
  package var parent: TreePath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
    return TreePath(unchecked: Array(bytes[..<slash]))
  }

  package func appending(_ name: some Sequence<UInt8>) -> TreePath {
    TreePath(unchecked: isRoot ? Array(name) : bytes + [UInt8(ascii: "/")] + Array(name))
  }

  package func isBelow(_ other: TreePath) -> Bool {
    other.isRoot
      ? !isRoot
      : bytes.count > other.bytes.count && bytes[other.bytes.count] == UInt8(ascii: "/")
        && bytes.starts(with: other.bytes)
  }

  package static func < (a: TreePath, b: TreePath) -> Bool {
    // Trees are sorted by the hundred thousand; memcmp is what makes that cheap in every build.
    a.bytes.withUnsafeBytes { a in
      b.bytes.withUnsafeBytes { b in
        let shorter = min(a.count, b.count)
        let order = shorter == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, shorter)
        return order == 0 ? a.count < b.count : order < 0
      }
    }
  }
}

extension TreePath: CustomStringConvertible {
  /// As an absolute path, with what is not UTF-8 replaced: for people, never for the system.
  package var description: String { "/" + String(decoding: bytes, as: UTF8.self) }
}

extension TreePath: ExpressibleByStringLiteral {
  package init(stringLiteral text: String) {
    guard let path = TreePath(text) else { preconditionFailure("not a path in a tree: \(text)") }
    self = path
  }
}
