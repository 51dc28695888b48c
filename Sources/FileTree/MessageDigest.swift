import CCrypto

/// One of libcrypto's digests under way: OpenSSL's `EVP_Digest…`.
struct MessageDigest: ~Copyable {
  enum Algorithm { case md5, sha256, sha512 }

  private let context: OpaquePointer
  private let size: Int

  init(_ algorithm: Algorithm) {
    let (kind, size) =
      switch algorithm {
      case .md5: (EVP_md5(), 16)
      case .sha256: (EVP_sha256(), 32)
      case .sha512: (EVP_sha512(), 64)
      }
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, kind, nil) == 1 else {
      preconditionFailure("libcrypto has no \(algorithm)")
    }
    self.context = context
    self.size = size
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count > 0 { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }
  }

  consuming func finish() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    EVP_DigestFinal_ex(context, &bytes, nil)
    return bytes
  }

  deinit { EVP_MD_CTX_free(context) }
}
