import Archive
import Diagnosis
import FileTree
import Glibc

/// A package of an npm registry, unpacked as npm unpacks it: files only, without links, without the first
/// part of their names, readable by everybody.
struct NpmTarball {
  /// "semver 7.7.2": what errors call it.
  var name: String
  var descriptor: CInt

  /// Into `directory`, which is there and empty. A name that comes twice counts the second time, as with
  /// tar. Throws when the tarball is no package.
  func unpack(into directory: TreePath, of root: CInt, modified: Timestamp) throws {
    var outer = TreeWriter(root: root)
    let place = try outer.openDirectory(directory)
    var writer = TreeWriter(root: place.raw)
    var made: Set<TreePath> = []
    var ignores: Set<TreePath> = []
    let archive = try ArchiveReader(.tar, descriptor: descriptor, name: name)
    while let next = try archive.next() {
      guard next.hardLinkTarget == nil, case .file = next.entry.kind,
        var inside = NpmTarball.withoutFirst(next.entry.path)
      else { continue }
      // What a publisher's version control ignores is what npm would leave out of a package made from it.
      if inside.name.elementsEqual(".npmignore".utf8) { ignores.insert(inside) }
      if inside.name.elementsEqual(".gitignore".utf8) {
        inside = inside.parent.appending(".npmignore".utf8)
        if ignores.contains(inside) { continue }
      }
      do {
        try writer.makeDirectories(inside.parent)
        if !made.insert(inside).inserted { try writer.remove(inside) }
        let entry = FileEntry(
          path: inside, kind: .file, mode: NpmTarball.mode(next.entry.mode), modified: modified)
        try writer.makeFile(entry) { try archive.copyContent(to: $0) }
      } catch let failure as SystemFailure {
        throw EntryFailure(name, next.entry.path, failure)
      }
    }
    guard made.contains("package.json") else {
      throw Report("cannot install the npm package \(name): its tarball has no package.json")
    }
  }

  private static func withoutFirst(_ path: TreePath) -> TreePath? {
    guard let slash = path.bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    return TreePath(unchecked: Array(path.bytes[(slash + 1)...]))
  }

  /// As npm's fetcher has it with its default modes and an umask of 022.
  private static func mode(_ mode: UInt16) -> UInt16 { ((mode & 0o777) | 0o666) & ~0o022 | 0o600 }
}
