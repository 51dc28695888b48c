import Diagnosis
import FileTree
import Glibc

/// A zip archive by its central directory (APPNOTE 6.3.10, sections 4.3 to 4.5): members can be read in any
/// order and by several threads, each with a `ZipReader` of its own.
///
/// Of what the format allows, that is taken which says one thing only: one disk, nothing before the first or
/// after the last record, members that do not share bytes, stored or deflated, not encrypted.
package struct ZipArchive: Sendable {
  package struct Member: Sendable {
    /// What the directory tells; a symbolic link has an empty target, since its target is its content.
    package var entry: FileEntry
    /// The name as the archive spells it.
    package var spelledName: [UInt8]
    var storedSize: Int64
    var crc: UInt32
    var method: Method
    /// Where the local header is.
    var offset: Int64
    /// Where the next record begins: the content lies before it.
    var limit: Int64 = 0
  }

  enum Method: UInt16, Sendable {
    case stored = 0
    case deflated = 8
  }

  /// In the order in which they lie in the file.
  package let members: [Member]
  let descriptor: CInt
  let name: String

  /// `descriptor` stays the caller's, open for as long as this value is used. `name` stands in errors.
  package init(descriptor: CInt, name: String) throws {
    self.descriptor = descriptor
    self.name = name
    let directory = try ZipDirectory(descriptor: descriptor, name: name)
    members = try directory.members()
  }

  package func reader() -> ZipReader { ZipReader(archive: self) }
}

/// Takes little-endian numbers off the front of a record.
struct ZipRecord {
  private(set) var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var isEmpty: Bool { bytes.isEmpty }

  /// Nil when the record is shorter.
  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard bytes.count >= count else { return nil }
    defer { bytes.removeFirst(count) }
    return bytes.prefix(count)
  }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    take(Number.bitWidth / 8).map { $0.reversed().reduce(0) { $0 << 8 | Number($1) } }
  }
}
