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
      // 64 bytes are 86 digits and two signs of padding.
      guard digits.utf8.count == 88, digits.hasSuffix("=="),
        digits.dropLast(2).utf8.allSatisfy({ NpmIntegrity.alphabet.contains($0) })
      else { continue }
      self.text = String(hash)
      return
    }
    return nil
  }

  /// `digest` has 64 bytes.
  package init(digest: [UInt8]) {
    var digits: [UInt8] = []
    for start in stride(from: 0, to: digest.count, by: 3) {
      let group = digest[start..<min(start + 3, digest.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for place in 0..<4 {
        let isPadding = place > group.count
        digits.append(
          isPadding ? UInt8(ascii: "=") : NpmIntegrity.alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)])
      }
    }
    text = "sha512-" + String(decoding: digits, as: UTF8.self)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
