import CExt2fs

/// The libext2fs that this process runs with.
package enum Ext4Library {
  /// "libext2fs 1.47.0"
  package static var version: String {
    var version: UnsafePointer<CChar>?
    ext2fs_get_library_version(&version, nil)
    return "libext2fs \(version.map { String(cString: $0) } ?? "?")"
  }
}
