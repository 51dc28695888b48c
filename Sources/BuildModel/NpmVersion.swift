/// A version as npm orders them (Semantic Versioning 2.0.0, section 11).
package struct NpmVersion: Sendable, Comparable {
  private let numbers: [Int]
  /// Parts of the pre-release; empty for a release, which comes after all of those.
  private let prerelease: [Substring]

  /// Nil for what has not three numbers.
  package init?(_ text: String) {
    let version = text.prefix { $0 != "+" }
    let core = version.prefix { $0 != "-" }
    numbers = core.split(separator: ".", omittingEmptySubsequences: false).compactMap { Int($0) }
    prerelease = version.dropFirst(core.count + 1).split(separator: ".")
    guard numbers.count == 3, core.split(separator: ".", omittingEmptySubsequences: false).count == 3 else {
      return nil
    }
  }

  package var isRelease: Bool { prerelease.isEmpty }

  package static func < (a: NpmVersion, b: NpmVersion) -> Bool {
    if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
    if a.prerelease.isEmpty || b.prerelease.isEmpty { return !a.prerelease.isEmpty && b.prerelease.isEmpty }
    for (x, y) in zip(a.prerelease, b.prerelease) where x != y {
      switch (Int(x), Int(y)) {
      case (let x?, let y?): return x < y
      case (nil, _?): return false
      case (_?, nil): return true
      case (nil, nil): return x.utf8.lexicographicallyPrecedes(y.utf8)
      }
    }
    return a.prerelease.count < b.prerelease.count
  }
}
