import BuildModel
import Diagnosis
import Json

/// What a registry tells of one package, all its versions: cut down to what npm resolves with, and checked.
package struct Packument: Sendable {
  /// "@google/gemini-cli"
  package var name: String
  private var document: JSONValue

  /// Members of a version's manifest that npm's resolution reads or copies into its lockfile.
  private static let kept: Set<String> = [
    "name", "version", "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
    "bundleDependencies", "bundledDependencies", "os", "cpu", "libc", "engines", "bin", "directories",
    "hasInstallScript", "scripts", "gypfile", "license", "funding", "deprecated", "dist", "_hasShrinkwrap",
  ]

  package init(parsing text: [UInt8], of name: String) throws {
    let json = try JSONValue(parsing: text, named: "what the registry tells of \(name)")
    guard let versions = json["versions"]?.members else {
      throw Report("cannot read what the registry tells of \(name): it has no versions")
    }
    self.name = name
    document = .object([
      "name": .string(name), "dist-tags": json["dist-tags"] ?? .object([:]),
      "versions": .object(
        versions.mapValues { manifest in
          .object((manifest.members ?? [:]).filter { Packument.kept.contains($0.key) })
        }),
    ])
  }

  private var versions: [String: JSONValue] { document["versions"]?.members ?? [:] }

  /// The tarballs that have an integrity, by version.
  package var tarballs: [String: (address: String, integrity: NpmIntegrity)] {
    versions.compactMapValues { manifest in
      guard let address = manifest["dist"]?["tarball"]?.string,
        let integrity = manifest["dist"]?["integrity"]?.string.flatMap({ NpmIntegrity($0) })
      else { return nil }
      return (address, integrity)
    }
  }

  /// With these versions alone, if it has any of them: what is not to move stays.
  package func keeping(_ versions: Set<String>) -> Packument {
    let kept = self.versions.filter { versions.contains($0.key) }
    if kept.isEmpty { return self }
    var packument = self
    var tags = (document["dist-tags"]?.members ?? [:]).filter { _, version in
      version.string.map { kept[$0] != nil } ?? false
    }
    // Who asks for no version asks for this tag.
    if tags["latest"] == nil {
      let newest = kept.keys.max { a, b in
        switch (NpmVersion(a), NpmVersion(b)) {
        case (let a?, let b?): a < b
        default: a < b
        }
      }
      tags["latest"] = newest.map(JSONValue.string)
    }
    packument.document = .object([
      "name": .string(name), "dist-tags": .object(tags), "versions": .object(kept),
    ])
    return packument
  }

  /// What the newest version needs, so that it can be asked for before npm asks, one name at a time.
  package var likelyNext: [String] {
    guard let latest = document["dist-tags"]?["latest"]?.string, let manifest = versions[latest] else {
      return []
    }
    return ["dependencies", "optionalDependencies", "peerDependencies"]
      .flatMap { (manifest[$0]?.members ?? [:]).keys }.filter(NpmPlace.isName).sorted()
  }

  package var text: [UInt8] { Array(document.text.line.utf8) }
}
