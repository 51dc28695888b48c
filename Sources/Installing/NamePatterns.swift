import FileTree
import Glibc

/// Files to remove, by path; `*` stands for any run of bytes in the last component.
struct NamePatterns {
  private let patterns: [TreePath]

  init(_ patterns: [TreePath]) { self.patterns = patterns }

  /// Removes every file and link that a pattern names. Directories that lose a name get the time
  /// `modified`. Returns what was removed.
  @discardableResult
  func remove(with writer: inout TreeWriter, modified: Timestamp) throws -> [TreePath] {
    var removed: [TreePath] = []
    for pattern in patterns {
      for name in try names(of: pattern, writer) {
        let path = pattern.parent.appending(name)
        // A directory of that name is not what the list means.
        guard let kind = try writer.kind(path), kind != S_IFDIR else { continue }
        try writer.remove(path)
        try writer.setTime(modified, of: path.parent)
        removed.append(path)
      }
    }
    return removed
  }

  private func names(of pattern: TreePath, _ writer: borrowing TreeWriter) throws -> [[UInt8]] {
    let parts = pattern.name.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { return [Array(pattern.name)] }
    return try writer.list(pattern.parent).filter {
      $0.count >= parts[0].count + parts[1].count && $0.starts(with: parts[0])
        && $0.suffix(parts[1].count).elementsEqual(parts[1])
    }
  }
}
