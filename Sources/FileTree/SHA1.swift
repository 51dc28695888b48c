import CCrypto

/// SHA-1, with which Java's key stores are signed. Nothing here relies on it.
package enum SHA1 {
  /// 20 bytes.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    var length: UInt32 = 0
    guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha1(), nil) == 1, length == 20 else {
      preconditionFailure("libcrypto has no SHA-1")
    }
    return digest
  }
}
