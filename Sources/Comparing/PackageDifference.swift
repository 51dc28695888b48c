import FileTree

/// What a package is told by, whatever its version.
package struct PackageName: Sendable, Hashable {
  /// "dpkg", "npm", "python": who keeps its record.
  package var source: String
  package var name: String
  /// Debian's word; nil for what is no Debian package.
  package var architecture: String?
  /// The directory that it is in; nil for a Debian package.
  package var place: TreePath?

  package init(source: String, name: String, architecture: String? = nil, place: TreePath? = nil) {
    self.source = source
    self.name = name
    self.architecture = architecture
    self.place = place
  }
}

extension PackageName: Comparable {
  package static func < (a: PackageName, b: PackageName) -> Bool {
    a.order.lexicographicallyPrecedes(b.order)
  }

  /// By name first, field after field with a NUL between them.
  private var order: [UInt8] {
    Array("\(name)\0\(source)\0\(architecture ?? "")\0".utf8) + (place?.bytes ?? [])
  }
}

/// A package that is in one tree only, or in both with other versions.
package struct PackageDifference: Sendable, Equatable {
  package var package: PackageName
  /// Nil where it is not installed, "-" where its record names no version. A record may be there twice.
  package var before: String?
  package var after: String?

  package var change: TreeDifference.Change {
    if before == nil { return .added }
    return after == nil ? .removed : .changed
  }

  /// Sorted by name.
  package static func all(
    _ before: [(package: PackageName, version: String?)], _ after: [(package: PackageName, version: String?)]
  ) -> [PackageDifference] {
    func versions(_ packages: [(package: PackageName, version: String?)]) -> [PackageName: String] {
      Dictionary(grouping: packages, by: \.package).mapValues { same in
        same.map { $0.version ?? "-" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
          .joined(separator: ", ")
      }
    }
    let (old, new) = (versions(before), versions(after))
    return Set(old.keys).union(new.keys).sorted().compactMap { name in
      old[name] == new[name] ? nil : PackageDifference(package: name, before: old[name], after: new[name])
    }
  }
}
