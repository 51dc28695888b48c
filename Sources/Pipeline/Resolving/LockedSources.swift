import BuildModel
import FileTree
import Solver
import Store

/// The package lists of an earlier lock, as far as they are at hand: they have the versions that a
/// mirror's new lists have no more.
struct LockedSources {
  var previous: Lockfile
  var store: Store
  /// The index without its compression: `DebianResolution`'s.
  var uncompressed: (LockedIndex) throws -> String?

  /// Sources for the solver beside the new ones of the same names. `write` keeps the text of a Release
  /// file and returns its path.
  func sources(_ architecture: String, write: ([UInt8], String) throws -> String) throws -> [SolverRequest
    .Source]
  {
    guard let locked = previous.architectures.first(where: { $0.debian == architecture }) else { return [] }
    var sources: [SolverRequest.Source] = []
    for release in previous.releases {
      guard let document = try store.read(release.inRelease) else { continue }
      let indexes = try locked.indexes.filter { $0.release == release.name }.compactMap { index in
        try uncompressed(index).map { SolverRequest.Index(component: index.component, path: $0) }
      }
      if indexes.isEmpty { continue }
      sources.append(
        SolverRequest.Source(
          name: release.name, uri: "file:/locked/\(release.name)", suite: release.suite,
          release: try write(LockedSources.signedText(of: document), "locked-\(release.name)"),
          indexes: indexes))
    }
    return sources
  }

  /// The text inside a clear-signed document that was verified when it was locked (RFC 4880, section 7):
  /// after the empty line below the header, with dashes unescaped.
  private static func signedText(of document: [UInt8]) -> [UInt8] {
    var lines = document.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    lines = lines.drop { !$0.isEmpty }.dropFirst()
    let end = lines.firstIndex { $0.starts(with: "-----BEGIN PGP SIGNATURE".utf8) } ?? lines.endIndex
    let text = lines[..<end].map { $0.starts(with: "- ".utf8) ? $0.dropFirst(2) : $0 }
    return Array(text.joined(separator: CollectionOfOne(UInt8(ascii: "\n")))) + [UInt8(ascii: "\n")]
  }
}
