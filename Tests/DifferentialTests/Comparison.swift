/// Our tree against two that mmdebstrap made of the same packages.
struct Comparison {
  struct Difference: CustomStringConvertible, Hashable {
    var entry: String
    /// As `Excuses.Excuse.difference`.
    var what: String
    var ours: String
    var theirs: String

    var description: String {
      ours.isEmpty && theirs.isEmpty
        ? "\(entry): \(what)" : "\(entry): \(what): ours \(ours), mmdebstrap's \(theirs)"
    }
  }

  private(set) var compared = 0
  /// Neither measured nor documented.
  private(set) var differences: [Difference] = []
  /// Entries in which mmdebstrap differs from itself.
  private(set) var measured: [String] = []
  private(set) var excused: [Difference] = []
  /// Documented for this set, and not there.
  private(set) var needless: [Excuses.Excuse] = []

  typealias Entries = [String: [String: String]]

  init(ours: Entries, theirs first: Entries, again second: Entries, set: String, excuses: Excuses) {
    var found: [Difference] = []
    for name in Set(ours.keys).union(first.keys).union(second.keys).sorted() {
      compared += 1
      switch (ours[name], first[name], second[name]) {
      case (let ours?, let first?, let second?):
        var varies = Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }
        if varies.contains("content") { varies.insert("size") }
        if !varies.isEmpty { measured.append(name) }
        // A time of the clock's is no fact of the tree.
        if first["time"] == nil || second["time"] == nil { varies.insert("time") }
        for attribute in Set(ours.keys).union(first.keys).subtracting(varies).sorted()
        where ours[attribute] != first[attribute] {
          found.append(
            Difference(
              entry: name, what: attribute, ours: ours[attribute] ?? "none",
              theirs: first[attribute] ?? "none"))
        }
      case (_, nil, _?), (_, _?, nil): measured.append(name)
      case (_?, nil, nil): found.append(Difference(entry: name, what: "only ours", ours: "", theirs: ""))
      case (nil, _?, _?): found.append(Difference(entry: name, what: "only theirs", ours: "", theirs: ""))
      case (nil, nil, nil): break
      }
    }
    let applying = excuses.all.filter { $0.concerns(set) }
    for difference in found {
      if applying.contains(where: { $0.entry == difference.entry && $0.difference == difference.what }) {
        excused.append(difference)
      } else {
        differences.append(difference)
      }
    }
    // In what mmdebstrap's own trees differ this time they may agree the next.
    let varying = Set(measured)
    needless = applying.filter { excuse in
      !excuse.isAtTimes && !varying.contains(excuse.entry)
        && !found.contains { $0.entry == excuse.entry && $0.what == excuse.difference }
    }
  }
}

/// Something that keeps two trees from being compared.
struct CannotCompare: Error, CustomStringConvertible {
  var description: String
}
