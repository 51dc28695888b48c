import CArchive
import Diagnosis
import FileTree
import Glibc

/// Entries of a tar or zip archive, or the one stream of a compressed file, in archive order. Reads by
/// offset from a descriptor that it does not own, so several readers may share one.
package final class ArchiveReader {
  package enum Format: Sendable { case tar, zip, raw }

  private let archive: OpaquePointer = archive_read_new()
  private let source: Source
  private let name: String
  private let format: Format
  private var spending: ArchiveSpending
  private var current = TreePath.root

  /// Reads `range` of the descriptor's file, or all of it, and no more of it than `budget` allows, which goes
  /// by the size of what is read unless more is known. Compression is taken off first. `name` stands in
  /// errors.
  package init(
    _ format: Format, descriptor: CInt, range: Range<Int64>? = nil, name: String,
    budget: ArchiveBudget? = nil
  ) throws {
    self.name = name
    self.format = format
    let range = try range ?? 0..<fileSize(descriptor, named: name)
    self.source = Source(descriptor: descriptor, range: range)
    self.spending = ArchiveSpending(
      budget ?? ArchiveBudget(archiveSize: Int64(range.count)), of: name)
    // Not all that libarchive knows: for some it would start a program of the host.
    for support in [
      archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz,
      archive_read_support_filter_lzma, archive_read_support_filter_zstd, archive_read_support_filter_lz4,
    ] { _ = support(archive) }
    switch format {
    case .tar: archive_read_support_format_tar(archive)
    case .zip: archive_read_support_format_zip_seekable(archive)
    case .raw:
      archive_read_support_format_raw(archive)
      archive_read_support_format_empty(archive)
    }
    // The callbacks borrow `source`, which lives as long as this reader.
    let context = Unmanaged.passUnretained(source).toOpaque()
    archive_read_set_callback_data(archive, context)
    archive_read_set_read_callback(archive) { _, context, buffer in
      Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue().read(into: buffer!)
    }
    archive_read_set_skip_callback(archive) { _, context, count in
      Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue().skip(count)
    }
    archive_read_set_seek_callback(archive) { _, context, offset, whence in
      Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue().seek(offset, whence)
    }
    guard archive_read_open1(archive) == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  private func failure() -> ArchiveError {
    let words = archive_error_string(archive).map { String(cString: $0) }
    return ArchiveError(name, words ?? "unknown error of libarchive")
  }

  /// The next entry, or nil at the end. The corresponding C function is `archive_read_next_header`.
  package func next() throws(ArchiveError) -> ArchiveEntry? {
    var header: OpaquePointer?
    switch archive_read_next_header(archive, &header) {
    case ARCHIVE_OK, ARCHIVE_WARN: break
    case ARCHIVE_EOF: return nil
    default: throw failure()
    }
    guard let header else { throw failure() }
    let entry =
      format == .raw
      ? ArchiveEntry(entry: FileEntry(path: "data", kind: .file, mode: 0o644), hardLinkTarget: nil)
      : try ArchiveEntry(header: header, archive: name)
    try spending.begin(entry.entry)
    current = entry.entry.path
    return entry
  }

  /// Hands on the current entry's content in pieces, in order; holes of a sparse entry are left out,
  /// hence the offset. A piece is only good during the call.
  package func content(_ body: (UnsafeRawBufferPointer, _ offset: Int64) throws -> Void) throws {
    while true {
      var buffer: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      switch archive_read_data_block(archive, &buffer, &count, &offset) {
      case ARCHIVE_OK:
        let (end, isTooLarge) = offset.addingReportingOverflow(Int64(count))
        try spending.reach(isTooLarge ? nil : end, of: current)
        try body(UnsafeRawBufferPointer(start: buffer, count: count), offset)
      case ARCHIVE_EOF: return
      default: throw failure()
      }
    }
  }

  /// The current entry's content in memory. Refuses more than `limit` bytes.
  package func bytes(limit: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    let name = name
    try content { piece, offset in
      guard Int(offset) + piece.count <= limit else {
        throw ArchiveError(name, "a member is larger than \(limit) bytes")
      }
      result.append(contentsOf: repeatElement(0, count: max(0, Int(offset) - result.count)))
      result.append(contentsOf: piece)
    }
    return result
  }

  /// Writes the current entry's content to `descriptor`, from offset 0. Returns the bytes written.
  @discardableResult
  package func copyContent(to descriptor: CInt, limit: Int64 = .max) throws -> Int64 {
    var end: Int64 = 0
    let name = name
    try content { piece, offset in
      end = offset + Int64(piece.count)
      guard end <= limit else { throw ArchiveError(name, "a member is larger than \(limit) bytes") }
      try writeAll(piece, to: descriptor, at: offset, named: name)
    }
    return end
  }
}

/// A window of a file, read by offset.
private final class Source {
  private let descriptor: CInt
  private let range: Range<Int64>
  private var position: Int64
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 4096)

  init(descriptor: CInt, range: Range<Int64>) {
    self.descriptor = descriptor
    self.range = range
    self.position = range.lowerBound
  }

  deinit { buffer.deallocate() }

  func read(into result: UnsafeMutablePointer<UnsafeRawPointer?>) -> la_ssize_t {
    result.pointee = UnsafeRawPointer(buffer.baseAddress)
    let wanted = min(buffer.count, Int(range.upperBound - position))
    guard wanted > 0 else { return 0 }
    while true {
      let count = pread(descriptor, buffer.baseAddress, wanted, Int(position))
      if count < 0 && errno == EINTR { continue }
      if count > 0 { position += Int64(count) }
      return count
    }
  }

  func skip(_ count: la_int64_t) -> la_int64_t {
    let step = min(count, range.upperBound - position)
    position += step
    return step
  }

  func seek(_ offset: la_int64_t, _ whence: CInt) -> la_int64_t {
    let base: Int64 =
      switch whence {
      case SEEK_SET: range.lowerBound
      case SEEK_CUR: position
      default: range.upperBound
      }
    position = min(max(base + offset, range.lowerBound), range.upperBound)
    return position - range.lowerBound
  }
}
