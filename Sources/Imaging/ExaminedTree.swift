import BuildModel
import Ext4
import FileTree
import Glibc

/// The entries of a tree on disk, and which of its files' contents are known without reading them.
package struct ListedTree: Sendable {
  /// Canonical, with the entries that the tree holds by record, and no time after the build's date.
  package var entries: [FileEntry]
  package var known: [TreePath: PackedContent]
  private var stamps: [TreePath: FileStamp]

  /// `stamped` are contents that were read before, of this very tree.
  package init(
    _ tree: borrowing Tree, notAfter date: Timestamp, stamped: StampedContents = StampedContents()
  ) throws {
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
  let ranges: DataRanges

  /// Reads the content of every regular file but those that are `known`, by path. `entries` are canonical.
  package init(
    _ entries: [FileEntry], contents: some FileContents, known: [TreePath: PackedContent] = [:], threads: Int
  ) throws {
    var indexed: [Int: PackedContent] = [:]
    for (index, entry) in entries.enumerated() where entry.kind == .file && entry.size > 0 {
      indexed[index] = known[entry.path]
    }
    let digests = try TreeText.digests(of: entries, threads: threads) { entry in
      try known[entry.path]?.digest ?? TreeText.digest(of: entry, contents)
    }
    let ranges = try DataRanges.scan(entries, contents: contents, known: indexed, threads: threads)
    var found = [PackedContent?](repeating: nil, count: entries.count)
    var groups: [Int: Int] = [:]
    for (index, entry) in entries.enumerated() where entry.kind == .file && entry.size > 0 {
      // The first name of a file is the one that was looked at.
      let first = entry.hardLinkGroup.map { group in
        groups[group]
          ?? {
            groups[group] = index
            return index
          }()
      }
      if let digest = digests[index] {
        found[index] = PackedContent(
          digest: digest, pieces: ranges.pieces(of: first ?? index, size: entry.size))
      }
    }
    self.entries = entries
    self.contents = found
    self.ranges = ranges
    text = TreeText(of: entries, digests: digests)
  }

  package var digest: Digest { text.digest }
}
