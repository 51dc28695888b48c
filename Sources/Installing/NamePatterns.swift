import FileTree
import Glibc

/// Files to remove, by path; `*` stands for any run of bytes in a component, once in each.
struct NamePatterns {
  private let patterns: [TreePath]

  init(_ patterns: [TreePath]) { self.patterns = patterns }

  /// Removes every file and link that a pattern names. Directories that lose a name get the time
  /// `modified`. Returns what was removed.
  @discardableResult
  func remove(with writer: inout TreeWriter, modified: Timestamp) throws -> [TreePath] {
    var removed: [TreePath] = []
    for pattern in patterns {
      for path in try paths(of: pattern, writer) {
        // A directory of that name is not what the list means.
        guard let kind = try writer.kind(path), kind != S_IFDIR else { continue }
        try writer.remove(path)
        try writer.setTime(modified, of: path.parent)
        removed.append(path)
      }
    }
    return removed
  }

  private func paths(of pattern: TreePath, _ writer: borrowing TreeWriter) throws -> [TreePath] {
    if !pattern.bytes.contains(UInt8(ascii: "*")) { return [pattern] }
    let parts = pattern.name.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    var found: [TreePath] = []
    for parent in try paths(of: pattern.parent, writer) {
      if parts.count != 2 {
        found.append(parent.appending(pattern.name))
        continue
      }
      found += try writer.list(parent).filter {
        $0.count >= parts[0].count + parts[1].count && $0.starts(with: parts[0])
          && $0.suffix(parts[1].count).elementsEqual(parts[1])
      }.map { parent.appending($0) }
    }
    return found
  }
}
