import CCrypto

/// The libcrypto that this process runs with.
package enum DigestLibrary {
  /// "libcrypto 3.0.15"
  package static var version: String {
    "libcrypto \(String(cString: OpenSSL_version(OPENSSL_VERSION_STRING)))"
  }
}
