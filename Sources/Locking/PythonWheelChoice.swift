import BuildModel
import Diagnosis
import FileTree

/// A wheel that an index offers, before one is chosen.
package struct OfferedWheel: Sendable, Equatable {
  package var file: String
  package var url: String
  package var size: Int64?
  package var sha256: Digest?

  package init(file: String, url: String, size: Int64?, sha256: Digest?) {
    self.file = file
    self.url = url
    self.size = size
    self.sha256 = sha256
  }
}

extension PythonTarget {
  /// The wheel whose best tag comes first; of equals the higher build number, then the smaller file
  /// name. Nil when none runs here. The order of `wheels` does not matter.
  package func best(of wheels: [OfferedWheel]) -> OfferedWheel? {
    let usable = wheels.compactMap { wheel -> (rank: Int, build: (Int, String), wheel: OfferedWheel)? in
      guard let name = WheelName(wheel.file), let rank = rank(of: name) else { return nil }
      let number = name.build.prefix(while: \.isNumber)
      return (rank, (Int(number) ?? -1, String(name.build.dropFirst(number.count))), wheel)
    }
    return usable.min { a, b in
      if a.rank != b.rank { return a.rank < b.rank }
      if a.build != b.build { return a.build > b.build }
      return a.wheel.file.utf8.lexicographicallyPrecedes(b.wheel.file.utf8)
    }?.wheel
  }

  /// For errors: "Python 3.11 on x86_64 with glibc 2.36".
  package var words: String { "Python \(python) on \(machine) with glibc 2.\(glibcMinor)" }
}

extension SimpleIndex {
  /// The wheel of the newest stable version that `specifier` allows, that was not withdrawn, and that
  /// runs on `target`. Older versions count when the newest has no wheel for it. `size` is 0 when the
  /// index does not tell it.
  package func newest(
    matching specifier: String, for target: PythonTarget, environment: String
  ) throws(Report) -> LockedWheel {
    guard let condition = PythonSpecifier(specifier) else {
      throw Report(
        "cannot choose a version of \(project): \"\(specifier)\" is not a version condition")
    }
    var offers: [PythonVersion: [OfferedWheel]] = [:]
    var spelling: [PythonVersion: String] = [:]
    for file in files where !file.isYanked && file.sha256 != nil {
      guard let name = WheelName(file.name), let version = PythonVersion(name.version),
        WheelName.normalized(name.distribution) == WheelName.normalized(project),
        version.isStable, condition.allows(version),
        PythonSpecifier(file.requiresPython)?.allows(target.version) ?? true
      else { continue }
      offers[version, default: []].append(
        OfferedWheel(file: file.name, url: file.url, size: file.size, sha256: file.sha256))
      spelling[version] = name.version
    }
    for version in offers.keys.sorted(by: >) {
      guard let wheel = target.best(of: offers[version]!), let sha256 = wheel.sha256 else { continue }
      return LockedWheel(
        environment: environment, name: WheelName.normalized(project), version: spelling[version]!,
        file: wheel.file, url: wheel.url, size: wheel.size ?? 0, sha256: sha256, requested: true)
    }
    let newest = offers.keys.max()
    throw Report(
      "cannot choose a version of \(project): expected a wheel of \(specifier.isEmpty ? "any version" : specifier) for \(target.words), found none",
      causes: newest.map { version in
        ["\(spelling[version]!) has \(offers[version]!.map(\.file).sorted().joined(separator: ", "))"]
      } ?? ["the index lists \(files.count) files of it"],
      hints: ["the index may be incomplete: name another in PIP_INDEX_URL, or as index-url in pip.conf"])
  }
}
