import BuildModel
import FileTree
import HostTools
import Transfer

/// One suite of a Debian archive, and what to take from it.
package struct ArchiveSource: Sendable {
  /// Short name that packages refer to: "main", "updates", "security".
  package var name: String
  /// Roots of archives that serve the same suite, best first.
  package var bases: [Location]
  package var suite: String
  package var components: [String]
  /// Debian's names: "amd64".
  package var architectures: [String]
  package var signatures: SignatureVerifier
  package var honoursValidUntil: Bool
  /// See `ReleaseCheck.notBefore`.
  package var notBefore: Int64?

  package init(
    name: String, bases: [Location], suite: String, components: [String], architectures: [String],
    signatures: SignatureVerifier, honoursValidUntil: Bool = true, notBefore: Int64? = nil
  ) {
    self.name = name
    self.bases = bases
    self.suite = suite
    self.components = components
    self.architectures = architectures
    self.signatures = signatures
    self.honoursValidUntil = honoursValidUntil
    self.notBefore = notBefore
  }
}

/// A suite whose Release file was verified and whose package indexes are in the store.
package struct VerifiedRelease: Sendable, Equatable {
  package var name: String
  package var suite: String
  package var components: [String]
  /// The archive that served it.
  package var base: Location
  /// The signed text: what libapt may read under the name InRelease.
  package var payload: [UInt8]
  /// InRelease as it was fetched; an object of the store.
  package var inRelease: Digest
  package var inReleaseSize: Int64
  package var file: ReleaseFile
  /// Of the keys that made good signatures, sorted.
  package var fingerprints: [String]
  /// One for each component and architecture, in the source's order.
  package var indexes: [VerifiedIndex]

  /// What a lockfile keeps of it.
  package func locked(imageURI: String?) -> LockedRelease {
    LockedRelease(
      name: name, imageURI: imageURI, suite: suite, components: components, date: file.date,
      inRelease: inRelease, inReleaseSize: inReleaseSize, signedBy: fingerprints)
  }

  package func lockedIndexes(architecture: String) -> [LockedIndex] {
    indexes.filter { $0.architecture == architecture }.map {
      LockedIndex(
        release: name, component: $0.component, path: $0.path, size: $0.size, sha256: $0.sha256)
    }
  }
}

/// A `Packages` file as the archive serves it; an object of the store.
package struct VerifiedIndex: Sendable, Equatable {
  package var component: String
  package var architecture: String
  /// Below the suite's directory: "main/binary-amd64/Packages.xz".
  package var path: String
  package var compression: Compression
  package var size: Int64
  package var sha256: Digest
  /// What it must be after decompression, when the Release file says so.
  package var content: ReleaseFile.File?

  package init(
    component: String, architecture: String, path: String, compression: Compression, size: Int64,
    sha256: Digest, content: ReleaseFile.File? = nil
  ) {
    self.component = component
    self.architecture = architecture
    self.path = path
    self.compression = compression
    self.size = size
    self.sha256 = sha256
    self.content = content
  }

  package enum Compression: String, Sendable, CaseIterable {
    case xz = ".xz"
    case gzip = ".gz"
    case none = ""
  }
}
