import Ext4
import FileTree
import Glibc

/// The maintainer scripts of an image. What a script wrote while it was configured is no package's by any
/// record; a script that names the path, or its directory, is who may have.
struct MaintainerScripts {
  /// "chance.postinst" and its text, sorted by name.
  private var scripts: [(name: String, text: [UInt8])] = []

  private static let directory: TreePath = "var/lib/dpkg/info"
  private static let suffixes = [".preinst", ".postinst", ".triggers", ".config"]
  private static let longest = 16 << 20

  init(of tree: Ext4Tree) throws {
    for entry in tree.entries where entry.kind == .file && entry.path.parent == MaintainerScripts.directory {
      let name = String(decoding: entry.path.name, as: UTF8.self)
      guard MaintainerScripts.suffixes.contains(where: name.hasSuffix) else { continue }
      scripts.append((name, try tree.content(of: entry, atMost: MaintainerScripts.longest)))
    }
  }

  /// Names of those that name the path; if none does, of those that name its directory, unless that is one
  /// that everybody names.
  func naming(_ path: TreePath) -> [String] {
    let found = naming(path.bytes)
    if !found.isEmpty || path.bytes.split(separator: UInt8(ascii: "/")).count < 4 { return found }
    return naming(path.parent.bytes)
  }

  private func naming(_ path: [UInt8]) -> [String] {
    let needle = [UInt8(ascii: "/")] + path
    return scripts.filter { MaintainerScripts.contains($0.text, needle) }.map(\.name)
  }

  private static func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
    text.withUnsafeBytes { text in
      needle.withUnsafeBytes { needle in
        guard var place = text.baseAddress, let word = needle.baseAddress else { return false }
        let end = place + text.count
        while end - place >= needle.count {
          guard let next = memchr(place, Int32(needle[0]), end - place) else { return false }
          let found = UnsafeRawPointer(next)
          if end - found < needle.count { return false }
          if memcmp(found, word, needle.count) == 0 { return true }
          place = found + 1
        }
        return false
      }
    }
  }
}
