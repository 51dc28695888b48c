import FileTree

/// Every path at which two trees differ, sorted.
package struct TreeComparison: Sendable, Equatable {
  package var differences: [TreeDifference]

  /// Goes through both lists once, side by side.
  package init(of before: TreeListing, with after: TreeListing) {
    differences = []
    let (old, new) = (before.entries, after.entries)
    var links = LinkComparison(old, new)
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if j == new.count || (i < old.count && old[i].path < new[j].path) {
        differences.append(TreeDifference(path: old[i].path, before: old[i], after: nil))
        i += 1
      } else if i == old.count || new[j].path < old[i].path {
        differences.append(TreeDifference(path: new[j].path, before: nil, after: new[j]))
        j += 1
      } else {
        let attributes = TreeComparison.attributes(
          (old[i], before.digests[i]), (new[j], after.digests[j]), links.difference(old[i], new[j]))
        if !attributes.isEmpty {
          differences.append(
            TreeDifference(path: old[i].path, before: old[i], after: new[j], attributes: attributes))
        }
        i += 1
        j += 1
      }
    }
  }

  package func count(of change: TreeDifference.Change) -> Int {
    differences.reduce(0) { $0 + ($1.change == change ? 1 : 0) }
  }

  private typealias Entry = (entry: FileEntry, digest: Digest?)

  private static func attributes(
    _ before: Entry, _ after: Entry, _ links: AttributeDifference?
  ) -> [AttributeDifference] {
    let (a, b) = (before.entry, after.entry)
    var found: [AttributeDifference] = []
    func compare(_ attribute: AttributeDifference.Attribute, _ before: String?, _ after: String?) {
      if before != after { found.append(AttributeDifference(attribute, before, after)) }
    }
    if a.kind != b.kind { compare(.kind, TreeText.word(for: a.kind), TreeText.word(for: b.kind)) }
    if a.mode != b.mode { compare(.mode, TreeText.mode(a.mode), TreeText.mode(b.mode)) }
    if a.owner != b.owner { compare(.owner, text(a.owner), text(b.owner)) }
    if a.modified != b.modified { compare(.modified, TreeText.time(a.modified), TreeText.time(b.modified)) }
    // A link's size is its target's.
    let (sizeA, sizeB) = (a.kind == .file ? a.size : nil, b.kind == .file ? b.size : nil)
    if sizeA != sizeB { compare(.size, sizeA.map { "\($0)" }, sizeB.map { "\($0)" }) }
    if before.digest != after.digest { compare(.content, before.digest?.hex, after.digest?.hex) }
    if a.kind != b.kind {
      compare(.target, target(a.kind), target(b.kind))
      compare(.device, device(a.kind), device(b.kind))
    }
    if let links { found.append(links) }
    if a.extendedAttributes != b.extendedAttributes {
      let values = { (entry: FileEntry) in
        Dictionary(entry.extendedAttributes.map { ($0.name, Digest.hex($0.value)) }) { first, _ in first }
      }
      let (old, new) = (values(a), values(b))
      let names = Set(old.keys).union(new.keys)
      for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        compare(.extendedAttribute(TreeText.escaped(Array(name.utf8))), old[name], new[name])
      }
    }
    return found
  }

  private static func text(_ owner: Owner) -> String { "\(owner.user):\(owner.group)" }

  private static func target(_ kind: FileEntry.Kind) -> String? {
    if case .symbolicLink(let target) = kind { TreeText.escaped(target) } else { nil }
  }

  private static func device(_ kind: FileEntry.Kind) -> String? {
    switch kind {
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor): "\(major):\(minor)"
    default: nil
    }
  }
}
