import FileTree

/// The SHA-512 of a tarball in the notation of Subresource Integrity: "sha512-" and base64. npm's lockfiles
/// and registries write it.
package struct NpmIntegrity: Sendable, Codable, Equatable, Hashable {
  package let text: String

  /// The first SHA-512 among the hashes of `text`, of which npm allows several, with options behind a "?";
  /// nil when there is none. A shorter hash proves nothing and is passed over.
  package init?(_ text: String) {
    for word in text.split(separator: " ") {
      let hash = word.prefix { $0 != "?" }
      guard hash.hasPrefix("sha512-") else { continue }
      let digits = hash.dropFirst("sha512-".count)
      guard let bytes = Base64.standard.bytes(of: digits), bytes.count == 64,
        Base64.standard.text(of: bytes) == digits
      else { continue }
      self.text = String(hash)
      return
    }
    return nil
  }

  /// `digest` has 64 bytes.
  package init(digest: [UInt8]) { text = "sha512-" + Base64.standard.text(of: digest) }
}
