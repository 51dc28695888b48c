import CCurl

/// The libcurl that this process runs with.
package enum TransferLibrary {
  /// "libcurl 7.88.1 (OpenSSL/3.0.15)"
  package static var version: String {
    let information = ccurl_version().pointee
    return "libcurl \(text(information.version) ?? "?") (\(text(information.ssl_version) ?? "no TLS"))"
  }

  package static var missing: [String] {
    ccurl_version().pointee.features & CURL_VERSION_SSL == 0 ? ["https"] : []
  }

  /// The file of certificate authorities that counts when nobody names one.
  package static var certificates: String? { text(ccurl_version().pointee.cainfo) }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
