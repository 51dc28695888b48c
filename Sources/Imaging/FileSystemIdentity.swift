import FileTree

/// What tools draw at random when they make a file system, and what follows from the tree here: equal
/// trees keep their identity.
struct FileSystemIdentity: Sendable, Equatable {
  /// Of version 8 (RFC 9562), which is meant for bytes of one's own making: from the tree's digest, so
  /// that trees that differ have UUIDs that differ.
  var uuid: [UInt8]
  /// From the names alone: what a file holds does not change the order of names in its directory.
  var hashSeed: [UInt8]

  /// `entries` are canonical, and `digest` is that of their text.
  init(of entries: [FileEntry], digest: Digest) {
    uuid = Array(digest.bytes[..<16])
    uuid[6] = uuid[6] & 0x0f | 0x80
    uuid[8] = uuid[8] & 0x3f | 0x80
    // No path has a NUL.
    hashSeed = Array(Digest(of: Array(entries.map(\.path.bytes).joined(separator: [0]))).bytes[..<16])
  }
}
