import Archive
import BuildModel
import Diagnosis
import Ext4
import FileTree
import Glibc
import Imaging
import Threads

/// What `pack` wrote: names in the tree, and bytes of the image.
package struct PackedImage: Sendable, Equatable {
  /// Digest of the tree's text.
  package var tree: Digest
  package var entries: Int
  package var size: Int64
}

/// `pack`: the image writer on its own, for a directory or a tar archive.
package struct Packing {
  var source: String
  var image: String
  var settings: ImageSettings
  var date: Int64?
  var threads: Int
  var cancellation: Cancellation
  var events: EventHandler

  package init(
    source: String, image: String, label: String, size: String, headroom: String, date: Int64?, threads: Int,
    cancellation: Cancellation, events: @escaping EventHandler
  ) throws {
    var settings = ImageSettings()
    settings.label = label
    func bytes(_ text: String, _ what: String) throws -> ByteCount {
      guard let count = ByteCount(text) else {
        throw Report("cannot use \(what) \"\(text)\": expected bytes, or a number with K, M or G")
      }
      return count
    }
    settings.size = size == "minimal" ? .minimal : .bytes(try bytes(size, "the size"))
    settings.headroom = try bytes(headroom, "the headroom")
    self.source = source
    self.image = image
    self.settings = settings
    self.date = date
    self.threads = threads
    self.cancellation = cancellation
    self.events = events
  }

  package func run() throws -> PackedImage {
    do { return try pack() } catch let failure as Ext4Failure {
      throw Report("cannot pack \(source): \(failure.summary)", hints: failure.hints)
    }
  }

  private func pack() throws -> PackedImage {
    let input = try Descriptor(opening: source, O_RDONLY)
    var information = stat()
    try system("examine", source) { fstat(input.raw, &information) }
    if information.st_mode & S_IFMT == S_IFDIR {
      return try write(TreeWalk.entries(below: input.raw), contents: DirectoryContents(root: input.raw))
    }
    let archive = try TarContents(
      archive: input.raw, name: source, beside: image, cancellation: cancellation)
    return try write(archive.entries, contents: archive)
  }

  /// By rename: an image that could not be finished is never seen.
  private func write(_ entries: [FileEntry], contents: some FileContents) throws -> PackedImage {
    let temporary = try TemporaryFile(image)
    let path = temporary.path
    let output = temporary.release()
    do {
      try system("set mode of", image) { fchmod(output.raw, 0o644) }
      // Without a date, the newest time in the tree: equal input, equal bytes.
      let newest = entries.map(\.modified.seconds).max() ?? 1
      let latest = Timestamp(seconds: date ?? max(1, newest), nanoseconds: 999_999_999)
      let clamped = entries.map { entry in
        var entry = entry
        if entry.modified > latest { entry.modified = Timestamp(seconds: latest.seconds) }
        return entry
      }
      let imager = Imager(
        settings: settings, date: Timestamp(seconds: min(latest.seconds, Int64(UInt32.max))),
        threads: threads,
        events: events)
      let packed = try imager.write(
        clamped, contents: StoppableContents(contents: contents, cancellation: cancellation), to: output.raw
      ).tree
      try system("create", image) { rename(path, image) }
      return PackedImage(tree: packed.digest, entries: packed.entries, size: packed.size)
    } catch {
      unlink(path)
      throw error
    }
  }
}

/// Contents that nobody gets any more once an end was asked for.
struct StoppableContents<Contents: FileContents>: FileContents {
  var contents: Contents
  var cancellation: Cancellation

  func withContent<R>(of entry: FileEntry, _ body: (CInt, Int64) throws -> R) throws -> R {
    if cancellation.isCancelled { throw Interrupted() }
    return try contents.withContent(of: entry, body)
  }

  func withContent<R>(
    of entry: FileEntry, at position: Int64, _ body: (CInt, Int64) throws -> R
  ) throws -> R {
    if cancellation.isCancelled { throw Interrupted() }
    return try contents.withContent(of: entry, at: position, body)
  }
}

/// A tar archive's entries, and their content in one spool file, because an archive is read once and
/// in its own order.
struct TarContents: FileContents {
  /// Sorted by path, with the directories that the archive takes for granted.
  let entries: [FileEntry]
  private let offsets: [TreePath: Int64]
  private let spool: Spool

  private final class Spool: Sendable {
    let descriptor: CInt
    init(_ descriptor: CInt) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  /// The spool has no name and lies beside `image`, where there has to be room anyway.
  init(archive descriptor: CInt, name: String, beside image: String, cancellation: Cancellation) throws {
    let temporary = try TemporaryFile("\(image).spool")
    unlink(temporary.path)
    let raw = temporary.release().release()
    spool = Spool(raw)
    let reader = try ArchiveReader(.tar, descriptor: descriptor, name: name)
    var found: [TreePath: FileEntry] = [:]
    var offsets: [TreePath: Int64] = [:]
    var groups = 0
    var end: Int64 = 0
    while let next = try reader.next() {
      var entry = next.entry
      if entry.path.isRoot && entry.kind != .directory {
        throw ArchiveError(name, "its root is not a directory")
      }
      if let target = next.hardLinkTarget {
        guard var first = found[target], first.kind != .directory else {
          throw ArchiveError(name, "\(entry.path) links to \(target), which does not come before it")
        }
        if first.hardLinkGroup == nil {
          groups += 1
          first.hardLinkGroup = groups
        }
        found[target] = first
        offsets[entry.path] = offsets[target]
        entry = first
        entry.path = next.entry.path
      } else if entry.kind == .file {
        let start = end
        offsets[entry.path] = start
        try reader.content { piece, offset in
          if cancellation.isCancelled { throw Interrupted() }
          try writeAll(piece, to: raw, at: start + offset, named: "the spool file")
        }
        // The reader's budget keeps the sum far from its type's end.
        end = (start + entry.size + 4095) & ~4095
        try system("extend", "the spool file") { ftruncate(raw, off_t(end)) }
      }
      found[entry.path] = entry
    }
    for path in Array(found.keys) {
      var parent = path.parent
      while found[parent] == nil {
        found[parent] = FileEntry(path: parent, kind: .directory, mode: 0o755)
        parent = parent.parent
      }
    }
    if found[.root] == nil { found[.root] = FileEntry(path: .root, kind: .directory, mode: 0o755) }
    entries = found.values.sorted { $0.path < $1.path }
    self.offsets = offsets
  }

  func withContent<R>(of entry: FileEntry, _ body: (CInt, Int64) throws -> R) throws -> R {
    guard let offset = offsets[entry.path] else {
      throw Report("internal error: no content of \(entry.path) was spooled")
    }
    return try body(spool.descriptor, offset)
  }
}
