import BuildModel
import Diagnosis
import Ext4
import FileTree

/// What became of a tree.
package struct ImagedTree: Sendable, Equatable {
  /// Digest of the tree's text: equal for equal content, whatever file system holds it.
  package var digest: Digest
  package var entries: Int
  /// Bytes of the image file.
  package var size: Int64
}

/// Writes a finished tree as an ext4 image: planned first, then written in bulk.
package struct Imager {
  package var settings: ImageSettings
  /// Nothing in the image is younger, and everything that no package dated has this time.
  package var date: Timestamp
  package var threads: Int
  package var events: EventHandler

  package init(settings: ImageSettings, date: Timestamp, threads: Int, events: @escaping EventHandler) {
    self.settings = settings
    self.date = date
    self.threads = threads
    self.events = events
  }

  /// Writes to `descriptor`, an empty file that is open for reading and writing.
  package func image(_ sealed: borrowing SealedTree, to descriptor: CInt) throws -> ImagedTree {
    let listed = try ListedTree(sealed.tree, notAfter: date)
    let contents = DirectoryContents(root: sealed.tree.root.raw)
    return try write(listed.entries, contents: contents, known: listed.known, to: descriptor).tree
  }

  /// The tree as the image has it: with the entries that it holds by record, and no time after `date`.
  static func completed(
    _ walked: [FileEntry], with recorded: [TreePath: FileEntry], notAfter date: Timestamp
  ) -> [FileEntry] {
    let there = Set(walked.map(\.path))
    var entries = walked + recorded.values.filter { !there.contains($0.path) }
    for index in entries.indices where entries[index].modified > date { entries[index].modified = date }
    return entries
  }

  /// An image, and where the contents of its files lie in it, by index of the canonical entries.
  package struct Written: Sendable {
    package var tree: ImagedTree
    package var entries: [FileEntry]
    package var contents: [PackedContent?]
  }

  /// Plans and writes entries of any source: a staging tree, a layer, or what `pack` was given. Their
  /// description is made canonical first, so that the digest is the one of what `inspect --tree` reads back.
  /// Contents that are `known`, by path, are not read to learn what they are.
  package func write(
    _ listed: [FileEntry], contents: some FileContents, known: [TreePath: PackedContent] = [:],
    to descriptor: CInt
  ) throws -> Written {
    events(.activity(.image, "digests"))
    let examined = try ExaminedTree(
      CanonicalTree.entries(listed), contents: contents, known: known, threads: threads)
    let entries = examined.entries
    let digest = examined.digest
    let identity = FileSystemIdentity(of: entries, digest: digest)
    let options = Ext4Options(
      label: settings.label.isEmpty ? "capsem" : settings.label, uuid: identity.uuid,
      hashSeed: identity.hashSeed, created: max(1, date.seconds), size: Imager.size(settings.size),
      headroom: settings.headroom.bytes)
    events(.activity(.image, "layout"))
    let layout = try Ext4Layout(
      entries, data: DataRanges(entries, contents: examined.contents), options: options)
    let total = layout.contentBytes
    let events = events
    try Ext4Image.write(layout, to: descriptor, contents: contents, threads: threads) { done in
      events(.advanced(.image, done: done, total: total, unit: .bytes))
    }
    var placed = examined.contents
    for (index, pieces) in layout.places.enumerated() where index < placed.count {
      placed[index]?.pieces = pieces
    }
    return Written(
      tree: ImagedTree(digest: digest, entries: entries.count, size: layout.byteCount), entries: entries,
      contents: placed)
  }

  private static func size(_ size: ImageSize) -> Ext4Options.Size {
    switch size {
    case .minimal: .minimal
    case .bytes(let count): .bytes(count.bytes)
    }
  }
}
