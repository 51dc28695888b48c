/// The names that `name` may be a slip of: at most two letters wrong, the closest ones only, sorted.
package func nearestNames(to name: String, among names: some Sequence<String>) -> [String] {
  let wanted = Array(name.utf8)
  var best = min(2, max(wanted.count - 2, 1))
  var found: [String] = []
  for candidate in names {
    guard let distance = editDistance(wanted, Array(candidate.utf8), atMost: best) else { continue }
    if distance < best { found = [] }
    best = distance
    found.append(candidate)
  }
  return Array(found.sorted().prefix(3))
}

/// Letters to insert, delete, replace or swap with their neighbour; nil for more than `limit`.
private func editDistance(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int? {
  guard abs(a.count - b.count) <= limit else { return nil }
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    var smallest = i + 1
    row.reserveCapacity(b.count + 1)
    for j in b.indices {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
      smallest = min(smallest, cost)
    }
    if smallest > limit { return nil }
    (beforeLast, last) = (last, row)
  }
  return last[b.count] <= limit ? last[b.count] : nil
}

/// "did you mean `packages`?", or nil when nothing is near.
package func didYouMean(_ name: String, among names: some Sequence<String>) -> String? {
  let nearest = nearestNames(to: name, among: names).map { "`\($0)`" }
  return nearest.isEmpty ? nil : "did you mean \(nearest.joined(separator: " or "))?"
}
