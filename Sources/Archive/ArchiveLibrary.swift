import CArchive

/// The libarchive that this process runs with.
package enum ArchiveLibrary {
  /// "libarchive 3.6.2"
  package static var version: String { String(cString: archive_version_string()) }

  /// Compressions of Debian's and Python's archives that this build of it cannot undo by itself.
  package static var missing: [String] {
    let reader = archive_read_new()
    defer { archive_read_free(reader) }
    let filters = [
      ("gzip", archive_read_support_filter_gzip(reader)), ("xz", archive_read_support_filter_xz(reader)),
      ("zstd", archive_read_support_filter_zstd(reader)),
    ]
    return filters.filter { $0.1 != ARCHIVE_OK }.map(\.0)
  }
}
