import FileTree

/// Whether a file has the same names in two trees. The numbers of hard-link groups say nothing about
/// that: one group more, and all others behind it have new numbers.
struct LinkComparison {
  private let before: [Int: [TreePath]]
  private let after: [Int: [TreePath]]
  /// What was found for a pair of groups, of which a tree may have as many as files.
  private var known: [Pair: AttributeDifference?] = [:]

  private struct Pair: Hashable {
    var before: Int?
    var after: Int?
  }

  init(_ before: [FileEntry], _ after: [FileEntry]) {
    self.before = LinkComparison.names(before)
    self.after = LinkComparison.names(after)
  }

  private static func names(_ entries: [FileEntry]) -> [Int: [TreePath]] {
    var names: [Int: [TreePath]] = [:]
    for entry in entries {
      if let group = entry.hardLinkGroup { names[group, default: []].append(entry.path) }
    }
    return names
  }

  /// Of one path's entries in both trees.
  mutating func difference(_ a: FileEntry, _ b: FileEntry) -> AttributeDifference? {
    let pair = Pair(before: a.hardLinkGroup, after: b.hardLinkGroup)
    if pair.before == nil && pair.after == nil { return nil }
    if let known = known[pair] { return known }
    let old = pair.before.flatMap { before[$0] } ?? []
    let new = pair.after.flatMap { after[$0] } ?? []
    let difference = old == new ? nil : AttributeDifference(.hardLinks, text(old, new), text(new, old))
    known[pair] = .some(difference)
    return difference
  }

  private static let mostShown = 4

  /// The names, those first that the other tree does not have; nil for a file with one name. Both are
  /// sorted. Looks at no more names than both have and a few, so that one large group that became many is
  /// not gone through for each of them.
  private func text(_ names: [TreePath], _ others: [TreePath]) -> String? {
    if names.isEmpty { return nil }
    var own: [TreePath] = []
    var common: [TreePath] = []
    for name in names {
      if own.count == LinkComparison.mostShown { break }
      if others.holds(name) { common.append(name) } else { own.append(name) }
    }
    let shown = (own + common).prefix(LinkComparison.mostShown).map { "/" + TreeText.escaped($0.bytes) }
    let rest = names.count - shown.count
    return "\(names.count) names: " + shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}

extension [TreePath] {
  /// Whether a sorted list has `path`.
  fileprivate func holds(_ path: TreePath) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < path { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == path
  }
}
