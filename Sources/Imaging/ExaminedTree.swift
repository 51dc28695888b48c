import BuildModel
import FileTree
import Glibc

/// The entries of a tree on disk, and which of its files' contents are known without reading them.
package struct ListedTree: Sendable {
  /// Canonical, with the entries that the tree holds by record, and no time after the build's date.
  package var entries: [FileEntry]
  package var known: [TreePath: PackedContent]
  private var stamps: [TreePath: FileStamp]

  package init(_ tree: borrowing Tree, notAfter date: Timestamp) throws {
    let stamped = tree.known
    var known: [TreePath: PackedContent] = [:]
    var stamps: [TreePath: FileStamp] = [:]
    let walked = try TreeWalk.entries(below: tree.root.raw, ownership: Ownership(recorded: tree.recorded)) {
      path, status in
      let stamp = FileStamp(status)
      stamps[path] = stamp
      known[path] = stamped.content(at: path, stamp)
    }
    entries = CanonicalTree.entries(Imager.completed(walked, with: tree.recorded, notAfter: date))
    self.known = known
    self.stamps = stamps
  }

  /// What was found of the contents, for a later look at the same tree.
  package func stamped(_ examined: ExaminedTree) -> StampedContents {
    var contents = StampedContents()
    for (entry, content) in zip(examined.entries, examined.contents) {
      if let content, let stamp = stamps[entry.path] { contents.add(content, at: entry.path, stamp) }
    }
    return contents
  }
}

/// A tree of which everything is known but the bytes themselves.
package struct ExaminedTree: Sendable {
  /// Canonical.
  package var entries: [FileEntry]
  /// Of regular files that are not empty, by index; the pieces say where they have data.
  package var contents: [PackedContent?]
  let text: TreeText

  /// Reads the content of every regular file but those that are `known`, by path. `entries` are canonical.
  package init(
    _ entries: [FileEntry], contents: some FileContents, known: [TreePath: PackedContent] = [:], threads: Int
  ) throws {
    self.entries = entries
    self.contents = try contents.examine(entries, known: known, threads: threads)
    let empty = Digest(of: [])
    text = TreeText(
      of: entries,
      digests: zip(entries, self.contents).map { $0.kind == .file ? $1?.digest ?? empty : nil })
  }

  package var digest: Digest { text.digest }
}
