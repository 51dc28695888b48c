/// Where a package lies in a tree of `node_modules`, as npm's lockfiles write it:
/// "node_modules/a/node_modules/@b/c".
package struct NpmPlace: Sendable, Hashable {
  /// The directories' names from the outside to the inside: "a", "@b/c". Never empty.
  package let names: [String]

  package init?(_ text: String) {
    var names: [String] = []
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    while let first = parts.popFirst() {
      guard first == "node_modules", let name = parts.popFirst() else { return nil }
      let scoped = name.hasPrefix("@") ? parts.popFirst().map { "\(name)/\($0)" } : String(name)
      guard let scoped, NpmPlace.isName(scoped) else { return nil }
      names.append(scoped)
    }
    if names.isEmpty { return nil }
    self.names = names
  }

  private init(names: [String]) { self.names = names }

  package var text: String { names.map { "node_modules/\($0)" }.joined(separator: "/") }

  /// The place inside which it lies; nil for one at the top.
  package var outer: NpmPlace? { names.count == 1 ? nil : NpmPlace(names: Array(names.dropLast())) }

  /// Where Node looks for `name` when the package at this place asks for it, the nearest first.
  package func candidates(for name: String) -> [NpmPlace] {
    (0...names.count).reversed().map { NpmPlace(names: Array(names.prefix($0)) + [name]) }
  }

  /// What the registry and a file system accept as a name: no path, no hidden file.
  package static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    func isPart(_ part: Substring) -> Bool {
      !part.isEmpty && part.utf8.count <= 214 && part.first != "." && part.first != "_"
        && part.utf8.allSatisfy { NpmPlace.letters.contains($0) }
    }
    switch parts.count {
    case 1: return isPart(parts[0]) && parts[0] != "node_modules"
    case 2: return parts[0].first == "@" && isPart(parts[0].dropFirst()) && isPart(parts[1])
    default: return false
    }
  }

  private static let letters = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*".utf8)
}

extension LockedNpmPackage {
  /// By place; whatever lies inside a package comes after it.
  package static func precedes(_ a: LockedNpmPackage, _ b: LockedNpmPackage) -> Bool {
    let (first, second) = (NpmPlace(a.place)?.names ?? [], NpmPlace(b.place)?.names ?? [])
    return first.lexicographicallyPrecedes(second)
  }
}
