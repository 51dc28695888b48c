import BuildModel
import Diagnosis
import Json

/// npm's own lockfile (version 3), as far as a lock of tarballs needs it. npm resolves; this only reads.
package struct NpmLock: Sendable, Equatable {
  /// By place; the root project is not among them.
  package private(set) var packages: [NpmPlace: Package] = [:]
  /// What the root asks for.
  package private(set) var requested: [String] = []

  package struct Package: Sendable, Equatable {
    package var name: String
    package var version: String
    package var url: String?
    package var integrity: NpmIntegrity?
    package var commands: [String: String]
    package var hasScripts: Bool
    /// It comes inside the tarball of the package in which it lies.
    package var isBundled: Bool
    /// Names that it cannot do without.
    var required: Set<String>
    /// Names that it takes if they are there.
    var optional: Set<String>
  }

  /// `text` is a package-lock.json of a project without a name.
  package init(parsing text: [UInt8]) throws {
    let json = try JSONValue(parsing: text, named: "npm's lockfile")
    guard json["lockfileVersion"] == .number(3), case .object(let entries)? = json["packages"] else {
      throw Report("cannot read npm's lockfile: expected lockfileVersion 3 with packages")
    }
    for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
      if key.isEmpty {
        requested = NpmLock.names(entry["dependencies"]).sorted()
        continue
      }
      guard let place = NpmPlace(key) else {
        throw Report("cannot lock the npm package at \(key): expected a place below node_modules")
      }
      packages[place] = try NpmLock.package(entry, at: place)
    }
  }

  private static func package(_ entry: JSONValue, at place: NpmPlace) throws -> Package {
    let name = entry["name"]?.string ?? place.names[place.names.count - 1]
    let isBundled = entry["inBundle"] == .boolean(true)
    guard NpmPlace.isName(name), let version = entry["version"]?.string else {
      throw Report(
        "cannot lock \(name): expected a version from a registry",
        hints: ["only packages of a registry can be locked: no directories, no repositories"])
    }
    let optionalPeers = Set(
      (entry["peerDependenciesMeta"]?.members ?? [:]).filter { $0.value["optional"] == .boolean(true) }.keys)
    let peers = names(entry["peerDependencies"])
    let optional = names(entry["optionalDependencies"])
    return Package(
      name: name, version: version, url: isBundled ? nil : entry["resolved"]?.string,
      integrity: entry["integrity"]?.string.flatMap { NpmIntegrity($0) },
      commands: (entry["bin"]?.members ?? [:]).compactMapValues(\.string),
      hasScripts: entry["hasInstallScript"] == .boolean(true), isBundled: isBundled,
      required: names(entry["dependencies"]).union(peers).subtracting(optional).subtracting(optionalPeers),
      optional: optional.union(optionalPeers))
  }

  private static func names(_ dependencies: JSONValue?) -> Set<String> {
    Set((dependencies?.members ?? [:]).keys)
  }

  /// What is installed where the packages at `unfit` cannot run: npm leaves an optional package out
  /// that does not fit, with all that only it needs, and so does this. Sorted by place; without what
  /// comes inside another's tarball. Throws when something that is needed does not fit.
  package func selection(unfit: Set<NpmPlace>, on platform: String) throws -> [Selected] {
    var unusable = unfit
    // Who cannot do without something unusable is unusable, too.
    var isComplete = false
    while !isComplete {
      isComplete = true
      for (place, package) in packages where !unusable.contains(place) {
        let needs = package.required.compactMap { self.place(of: $0, from: place) }
        if needs.contains(where: unusable.contains) {
          unusable.insert(place)
          isComplete = false
        }
      }
    }
    var found: Set<NpmPlace> = []
    var waiting: [NpmPlace] = []
    for name in requested {
      guard let place = NpmPlace("node_modules/\(name)"), packages[place] != nil else {
        throw Report("cannot lock \(name): npm's lockfile has no such package")
      }
      if unusable.contains(place) {
        let reason = unfit.contains(place) ? "it is not made for it" : "something that it needs is not"
        throw Report(
          "cannot install \(name) on \(platform): \(reason)",
          causes: unfit.map(\.text).sorted().map { "not made for \(platform): \($0)" },
          hints: ["ask for another version or package, or leave the architecture out"])
      }
      waiting.append(place)
    }
    while let place = waiting.popLast() {
      guard found.insert(place).inserted, let package = packages[place] else { continue }
      let needs = package.required.union(package.optional).compactMap { self.place(of: $0, from: place) }
      waiting += needs.filter { !unusable.contains($0) }
      // A package that is inside another is of no use without it, and is there with it.
      if let outer = place.outer { waiting.append(outer) }
      if package.isBundled { continue }
      waiting += packages.filter { $0.value.isBundled && $0.key.outer == place }.map(\.key)
    }
    let top = Set(requested)
    return found.filter { packages[$0]?.isBundled == false }
      .sorted { $0.names.lexicographicallyPrecedes($1.names) }
      .compactMap { place in
        packages[place].map {
          Selected(
            place: place, package: $0, isRequested: place.outer == nil && top.contains(place.names[0]))
        }
      }
  }

  package struct Selected: Sendable, Equatable {
    package var place: NpmPlace
    package var package: Package
    package var isRequested: Bool
  }

  /// Which package of a name another one gets (Node's search through the directories `node_modules`).
  private func place(of name: String, from place: NpmPlace) -> NpmPlace? {
    guard NpmPlace.isName(name) else { return nil }
    return place.candidates(for: name).first { packages[$0] != nil }
  }
}
