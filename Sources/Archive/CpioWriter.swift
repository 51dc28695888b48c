import CArchive
import Diagnosis
import FileTree
import Glibc

/// Writes a cpio archive in the format `newc`, as the kernel unpacks it, compressed with gzip. Equal entries
/// in equal order give equal bytes: inode numbers count from 1, no device numbers and no host's times enter,
/// and the gzip header has neither name nor time.
package final class CpioWriter {
  private let archive: OpaquePointer = archive_write_new()
  private let output: Output
  private let name: String
  private var inode: Int64 = 0

  /// Writes from offset 0 of a descriptor that it does not own; `name` stands in errors.
  package init(to descriptor: CInt, name: String) throws(ArchiveError) {
    self.output = Output(descriptor: descriptor, name: name)
    self.name = name
    try check(archive_write_set_format_cpio_newc(archive))
    try check(archive_write_add_filter_gzip(archive))
    try check(archive_write_set_options(archive, "gzip:compression-level=9,gzip:!timestamp"))
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    // The callback borrows `output`, which lives as long as this writer.
    try check(
      archive_write_open(
        archive, Unmanaged.passUnretained(output).toOpaque(), nil,
        { _, context, buffer, count in
          let output = Unmanaged<Output>.fromOpaque(context!).takeUnretainedValue()
          return output.write(UnsafeRawBufferPointer(start: buffer, count: count))
        }, nil))
  }

  deinit { archive_write_free(archive) }

  /// Adds a directory or a symbolic link.
  package func add(_ entry: FileEntry) throws(ArchiveError) { try begin(entry, size: 0) }

  /// Adds a file.
  package func add(_ entry: FileEntry, bytes: [UInt8]) throws {
    try begin(entry, size: Int64(bytes.count))
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Adds a file of `entry.size` bytes, which are what `content` can read from its first byte on.
  package func add(_ entry: FileEntry, content: CInt) throws {
    try begin(entry, size: entry.size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 4096)
    defer { buffer.deallocate() }
    var done: Int64 = 0
    while true {
      let count = try system("read", "\(entry.path)") {
        pread(content, buffer.baseAddress, buffer.count, off_t(done))
      }
      if count == 0 { break }
      done += Int64(count)
      if done > entry.size { break }
      try append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard done == entry.size else {
      throw ContentChanged(path: entry.path, expected: entry.size, found: done)
    }
  }

  private func begin(_ entry: FileEntry, size: Int64) throws(ArchiveError) {
    inode += 1
    let header = archive_entry_new()
    defer { archive_entry_free(header) }
    archive_entry_set_pathname(header, CpioWriter.cString(entry.path.bytes))
    archive_entry_set_ino64(header, inode)
    archive_entry_set_mtime(header, time_t(entry.modified.seconds), 0)
    archive_entry_set_perm(header, mode_t(entry.mode))
    archive_entry_set_uid(header, Int64(entry.owner.user))
    archive_entry_set_gid(header, Int64(entry.owner.group))
    archive_entry_set_nlink(header, entry.kind == .directory ? 2 : 1)
    archive_entry_set_size(header, size)
    switch entry.kind {
    case .directory: archive_entry_set_filetype(header, UInt32(Glibc.S_IFDIR))
    case .file: archive_entry_set_filetype(header, UInt32(Glibc.S_IFREG))
    case .symbolicLink(let target):
      archive_entry_set_filetype(header, UInt32(Glibc.S_IFLNK))
      archive_entry_set_symlink(header, CpioWriter.cString(target))
    default:
      throw ArchiveError(
        name, "\(entry.path) is neither a directory, a file nor a symbolic link", verb: "write")
    }
    try check(archive_write_header(archive, header))
  }

  private func append(_ piece: UnsafeRawBufferPointer) throws(ArchiveError) {
    guard archive_write_data(archive, piece.baseAddress, piece.count) == piece.count else { throw failure() }
  }

  private static func cString(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  /// Writes the end of the archive. Without it, what was written is none.
  package func finish() throws(ArchiveError) { try check(archive_write_close(archive)) }

  private func check(_ code: CInt) throws(ArchiveError) {
    if code != ARCHIVE_OK { throw failure() }
  }

  private func failure() -> ArchiveError {
    if let problem = output.problem {
      return ArchiveError(name, String(cString: strerror(problem)), verb: "write")
    }
    let words = archive_error_string(archive).map { String(cString: $0) }
    return ArchiveError(name, words ?? "unknown error of libarchive", verb: "write")
  }
}

/// Where the bytes go.
private final class Output {
  private let descriptor: CInt
  private let name: String
  private var position: Int64 = 0
  /// The errno of the write that failed.
  private(set) var problem: CInt?

  init(descriptor: CInt, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> la_ssize_t {
    do throws(SystemFailure) {
      try writeAll(bytes, to: descriptor, at: position, named: name)
    } catch {
      problem = error.code
      return -1
    }
    position += Int64(bytes.count)
    return bytes.count
  }
}
