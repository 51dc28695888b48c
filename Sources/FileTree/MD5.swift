import CCrypto

/// MD5, which dpkg's database records of conffiles. Nothing here relies on it.
package enum MD5 {
  package struct Hasher: ~Copyable {
    private let context: OpaquePointer

    package init() {
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else {
        preconditionFailure("libcrypto has no MD5")
      }
      self.context = context
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count > 0 else { return }
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// 32 hexadecimal digits.
    package consuming func finish() -> String {
      var bytes = [UInt8](repeating: 0, count: 16)
      EVP_DigestFinal_ex(context, &bytes, nil)
      return Digest.hex(bytes)
    }

    deinit { EVP_MD_CTX_free(context) }
  }
}
