import FileTree

/// How much an archive may turn into. The readers keep to it, before anything of an entry is written, so that
/// none of those who unpack can forget it (docs/decisions/0022-budgets.md).
package struct ArchiveBudget: Sendable, Equatable {
  /// Of all contents together, as their headers promise them or as they come, whichever is more.
  package var bytes: Int64
  package var entries: Int
  /// Components of a path.
  package var depth = 128

  /// What an archive of `size` bytes may hold when nobody has said more about it.
  package init(archiveSize size: Int64) {
    bytes = ArchiveBudget.leastBytes + min(size, ArchiveBudget.largest) * 200
    entries = 100_000 + Int(min(size, ArchiveBudget.largest) / 16)
  }

  /// Of a Debian package whose `Installed-Size`, in bytes, a signed index tells. It is what the packager's
  /// files took on disk, so it is no exact promise.
  package init(archiveSize size: Int64, installedSize: Int64) {
    self.init(archiveSize: size)
    if installedSize > 0 { bytes = ArchiveBudget.leastBytes + min(installedSize, ArchiveBudget.largest) * 4 }
  }

  /// Small archives may hold this much, whatever they are made of.
  private static let leastBytes: Int64 = 64 << 20
  /// Keeps the sums in their range.
  private static let largest: Int64 = 1 << 50
}

/// What was taken of a budget so far.
struct ArchiveSpending {
  let archive: String
  let budget: ArchiveBudget
  private var entries = 0
  /// Of the entries before the current one.
  private var before: Int64 = 0
  /// Of the current one.
  private var current: Int64 = 0

  init(_ budget: ArchiveBudget, of archive: String) {
    self.budget = budget
    self.archive = archive
  }

  /// Begins an entry, by what its header says.
  mutating func begin(_ entry: FileEntry) throws(ArchiveError) {
    entries += 1
    guard entries <= budget.entries else {
      throw ArchiveError(archive, "it holds more than \(budget.entries) entries, the most for its size")
    }
    before += current
    current = 0
    // A path has one component more than it has slashes.
    let depth = entry.path.bytes.reduce(1) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
    guard depth <= budget.depth else {
      throw ArchiveError(
        archive, "refusing \(entry.path): its path has \(depth) parts, and \(budget.depth) are the most")
    }
    if case .file = entry.kind { try reach(entry.size, of: entry.path) }
  }

  /// The current entry has content up to byte `end`; nil for a number that is none.
  mutating func reach(_ end: Int64?, of path: TreePath) throws(ArchiveError) {
    guard let end, end >= 0, end <= budget.bytes - before else {
      throw ArchiveError(
        archive,
        "refusing \(path): with it, there are more than \(budget.bytes) bytes, the most for its size"
      )
    }
    current = max(current, end)
  }
}
