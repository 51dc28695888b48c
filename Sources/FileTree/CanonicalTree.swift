/// The one description of a tree, whatever it was listed from: a directory, a tar archive, an image.
/// What a source leaves open is settled here, so that equal trees have equal texts and equal digests.
package enum CanonicalTree {
  /// Sorted by path; attributes sorted by name; hard-link groups numbered from 1 in order of path, none
  /// of a single name, and every name with the metadata of the first. Left out is the `lost+found` that
  /// every ext4 file system comes with, if it is empty and as mke2fs makes it.
  package static func entries(_ tree: [FileEntry]) -> [FileEntry] {
    var entries = tree.sorted { $0.path < $1.path }
    if let index = emptyLostAndFound(in: entries) { entries.remove(at: index) }
    var names: [Int: Int] = [:]
    for case let group? in entries.lazy.map(\.hardLinkGroup) { names[group, default: 0] += 1 }
    var firsts: [Int: (number: Int, entry: FileEntry)] = [:]
    for index in entries.indices {
      entries[index].extendedAttributes.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      guard let group = entries[index].hardLinkGroup else { continue }
      if names[group] == 1 {
        entries[index].hardLinkGroup = nil
        continue
      }
      let path = entries[index].path
      let first = firsts[group] ?? (firsts.count + 1, entries[index])
      firsts[group] = first
      entries[index] = first.entry
      entries[index].path = path
      entries[index].hardLinkGroup = first.number
    }
    return entries
  }

  private static let lostAndFound: TreePath = "lost+found"

  private static func emptyLostAndFound(in entries: [FileEntry]) -> Int? {
    guard let index = entries.firstIndex(where: { $0.path == lostAndFound }) else { return nil }
    let entry = entries[index]
    // Other names may come between a directory and what is in it: "lost+found-1".
    let isEmpty = !entries[index...].contains { $0.path.isBelow(lostAndFound) }
    let isMade =
      entry.kind == .directory && entry.mode == 0o700 && entry.owner == .root
      && entry.extendedAttributes.isEmpty
    return isEmpty && isMade ? index : nil
  }
}
