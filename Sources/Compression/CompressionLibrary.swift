import CZstd

/// The libzstd that this process runs with.
package enum CompressionLibrary {
  /// "libzstd 1.5.4"
  package static var version: String { "libzstd \(String(cString: ZSTD_versionString()))" }
}
