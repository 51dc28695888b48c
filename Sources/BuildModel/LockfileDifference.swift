import FileTree

/// What differs between two lockfiles of one guest: the change list that is reviewed.
package struct LockfileDifference: Sendable, Equatable {
  /// Suites of which the lists are newer or older, new or gone.
  package var releases: [Change]
  /// In the order of their names; those without a change are left out. The packages of a build root make one
  /// of their own.
  package var architectures: [Architecture]

  package var isEmpty: Bool { releases.isEmpty && architectures.isEmpty }

  package struct Architecture: Sendable, Equatable {
    package var name: String
    /// Sorted by kind, then name.
    package var changes: [Change]
    /// Bytes to download, after less before.
    package var growth: Int64
  }

  package struct Change: Sendable, Equatable {
    package var direction: Direction
    /// "Debian", "python", "provider:anthropic"; for a suite, "release".
    package var kind: String
    package var name: String
    /// Versions, or dates; nil for what is not there.
    package var before: String?
    package var after: String?
    /// Bytes of what is there after, or was there before.
    package var size: Int64
    /// Why it is new: the package that brought it.
    package var neededBy: String?
  }

  /// `same` is another file of the same version.
  package enum Direction: String, Sendable { case up, down, same = "rebuilt", new, gone }

  /// `isDebianOlder` is the order of Debian versions, which a library knows.
  package init(
    from before: Lockfile, to after: Lockfile, isDebianOlder: (String, String) -> Bool
  ) {
    releases = LockfileDifference.changes(
      before.releases.map(Item.init), after.releases.map(Item.init), isDebianOlder)
    let (old, new) = (Item.groups(of: before), Item.groups(of: after))
    architectures = Set(old.keys).union(new.keys).sorted().compactMap { name in
      let (old, new) = (old[name] ?? [], new[name] ?? [])
      let changes = LockfileDifference.changes(old, new, isDebianOlder)
      if changes.isEmpty { return nil }
      let growth = new.reduce(0) { $0 + $1.size } - old.reduce(0) { $0 + $1.size }
      return Architecture(name: name, changes: changes, growth: growth)
    }
  }

  /// Something of a lock that has a version.
  private struct Item {
    var kind: String
    var name: String
    var version: String
    var size: Int64 = 0
    /// Whatever makes two of one version different.
    var content: String
    var neededBy: String?

    init(_ release: LockedRelease) {
      (kind, name, content) = ("release", release.suite, release.inRelease.hex)
      version = "\(CalendarTime(secondsSince1970: release.date))"
    }

    init(_ package: LockedPackage) {
      (kind, name, version) = ("Debian", package.name, package.version)
      (size, content, neededBy) = (package.size, package.sha256.hex, package.neededBy)
    }

    init(_ wheel: LockedWheel) {
      (kind, name, version) = (wheel.environment, wheel.name, wheel.version)
      (size, content) = (wheel.size, wheel.sha256.hex)
    }

    init(_ package: LockedNpmPackage) {
      // npm may need several versions of one package, each at its own place.
      (kind, name, version) = ("npm", String(package.place.dropFirst("node_modules/".count)), package.version)
      (size, content) = (package.size, package.sha256.hex)
    }

    /// Its digest is its version.
    init(_ file: LockedFile) {
      (kind, name, version) = ("file", file.url, String(file.sha256.hex.prefix(12)))
      (size, content) = (file.size, file.sha256.hex)
    }

    /// By architecture, and by the machine that compiles.
    static func groups(of lock: Lockfile) -> [String: [Item]] {
      let architectures = lock.architectures.map { ($0.name, all(of: $0)) }
      let roots = lock.buildRoots.map { ("build root on \($0.builder)", $0.packages.map(Item.init)) }
      return Dictionary(architectures + roots) { $0 + $1 }
    }

    private static func all(of architecture: LockedArchitecture) -> [Item] {
      var items = architecture.packages.map(Item.init) + architecture.wheels.map(Item.init)
      items += architecture.npm.map(Item.init) + architecture.allFiles.map(Item.init)
      if let busybox = architecture.busybox { items.append(Item(busybox, for: "initrd")) }
      if case .package(let source) = architecture.kernel?.source { items.append(Item(source, for: "kernel")) }
      return items
    }

    private init(_ package: LockedPackage, for part: String) {
      self.init(package)
      kind = part
    }

    func isOlder(than other: Item, _ isDebianOlder: (String, String) -> Bool) -> Bool {
      switch kind {
      case "Debian", "kernel", "initrd": return isDebianOlder(version, other.version)
      case "release": return version < other.version
      case "npm":
        guard let (a, b) = NpmVersion(version).flatMap({ a in NpmVersion(other.version).map { (a, $0) } })
        else { return version < other.version }
        return a < b
      default:
        guard
          let (a, b) = PythonVersion(version).flatMap({ a in PythonVersion(other.version).map { (a, $0) } })
        else { return version < other.version }
        return a < b
      }
    }
  }

  private static func changes(
    _ before: [Item], _ after: [Item], _ isDebianOlder: (String, String) -> Bool
  ) -> [Change] {
    func byName(_ items: [Item]) -> [[String]: Item] {
      Dictionary(items.map { ([$0.kind, $0.name], $0) }, uniquingKeysWith: { first, _ in first })
    }
    let (old, new) = (byName(before), byName(after))
    return Set(old.keys).union(new.keys).sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key in
      let (was, now) = (old[key], new[key])
      guard let item = now ?? was, was?.content != now?.content || was?.version != now?.version else {
        return nil
      }
      let direction: Direction =
        switch (was, now) {
        case (let was?, let now?):
          was.version == now.version ? .same : was.isOlder(than: now, isDebianOlder) ? .up : .down
        case (nil, _): .new
        case (_, nil): .gone
        }
      return Change(
        direction: direction, kind: item.kind, name: item.name, before: was?.version, after: now?.version,
        size: item.size, neededBy: direction == .new ? item.neededBy : nil)
    }
  }
}
