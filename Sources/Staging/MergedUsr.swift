import FileTree

/// The merged-/usr layout of Debian 12 and later: `bin`, `sbin` and the library directories of `/` are
/// links into `/usr`, made before anything is unpacked, as debootstrap's setup_merged_usr does.
enum MergedUsr {
  /// The links for an architecture. amd64 has its foreign library directories, too: Debian 12's
  /// usr-is-merged takes away those that no package has, Debian 13's leaves them.
  static func directories(debianArchitecture: String) -> [String] {
    ["bin", "sbin", "lib"] + (debianArchitecture == "amd64" ? ["lib32", "lib64", "libx32"] : [])
  }

  static func make(in writer: inout TreeWriter, debianArchitecture: String) throws {
    for name in directories(debianArchitecture: debianArchitecture) {
      try writer.makeDirectories(TreePath(stringLiteral: "usr/\(name)"))
      let path = TreePath(stringLiteral: name)
      if try writer.exists(path) { continue }
      let target = Array("usr/\(name)".utf8)
      try writer.makeSymbolicLink(
        FileEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777), target: target)
    }
  }

  private static let aliased: Set<[UInt8]> = Set(
    ["bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"].map { Array($0.utf8) })

  /// Where a path of an archive ends up: `/bin/sh` is `/usr/bin/sh`.
  static func place(_ path: TreePath) -> TreePath {
    guard let slash = path.bytes.firstIndex(of: UInt8(ascii: "/")),
      aliased.contains(Array(path.bytes[..<slash]))
    else { return path }
    return TreePath(unchecked: Array("usr/".utf8) + path.bytes)
  }
}
