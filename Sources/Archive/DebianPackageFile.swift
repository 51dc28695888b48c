import Diagnosis
import FileTree
import Glibc

/// A `.deb`: an ar archive of `debian-binary`, `control.tar*` and `data.tar*` (deb(5)), read from a
/// descriptor that it does not own.
package struct DebianPackageFile: Sendable {
  package let name: String
  private let descriptor: CInt
  private let control: Range<Int64>
  private let data: Range<Int64>

  /// Reads the ar headers only. `name` stands in errors.
  package init(descriptor: CInt, name: String) throws {
    self.descriptor = descriptor
    self.name = name
    var control: Range<Int64>?
    var data: Range<Int64>?
    guard try DebianPackageFile.read(descriptor, 8, at: 0, name) == Array("!<arch>\n".utf8) else {
      throw ArchiveError(name, "not a Debian package: the ar signature is missing")
    }
    let end = try fileSize(descriptor, named: name)
    var position: Int64 = 8
    var order: [String] = []
    while position < end {
      let header = try DebianPackageFile.read(descriptor, 60, at: position, name)
      guard header[58] == 0x60, header[59] == 0x0a,
        let size = Int64(DebianPackageFile.field(header[48..<58])), size >= 0,
        position + 60 + size <= end
      else { throw ArchiveError(name, "truncated or damaged ar member at byte \(position)") }
      var member = DebianPackageFile.field(header[0..<16])
      if member.hasSuffix("/") { member.removeLast() }
      let range = (position + 60)..<(position + 60 + size)
      order.append(member)
      // deb(5): debian-binary, control.tar, data.tar in this order; members whose names begin with
      // an underscore may stand between and are ignored.
      switch member {
      case "debian-binary":
        guard order.count == 1,
          try DebianPackageFile.read(descriptor, Int(min(size, 2)), at: range.lowerBound, name)
            .elementsEqual("2.".utf8)
        else { throw ArchiveError(name, "unknown format version in debian-binary") }
      case _ where member.hasPrefix("control.tar") && control == nil && order.contains("debian-binary"):
        control = range
      case _ where member.hasPrefix("data.tar") && data == nil && control != nil: data = range
      case _ where member.hasPrefix("_"): break
      default: throw ArchiveError(name, "unexpected member \"\(member)\"")
      }
      position = range.upperBound + (size & 1)
    }
    guard let control, let data else { throw ArchiveError(name, "control.tar or data.tar is missing") }
    self.control = control
    self.data = data
  }

  package func controlArchive() throws -> ArchiveReader {
    try ArchiveReader(.tar, descriptor: descriptor, range: control, name: "\(name) (control.tar)")
  }

  /// `installedSize` in bytes, as the index tells it; 0 if it does not.
  package func dataArchive(installedSize: Int64 = 0) throws -> ArchiveReader {
    try ArchiveReader(
      .tar, descriptor: descriptor, range: data, name: "\(name) (data.tar)",
      budget: ArchiveBudget(archiveSize: Int64(data.count), installedSize: installedSize))
  }

  private static func field(_ bytes: ArraySlice<UInt8>) -> String {
    var text = String(decoding: bytes, as: UTF8.self)
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }

  private static func read(
    _ descriptor: CInt, _ count: Int, at offset: Int64, _ name: String
  ) throws(ArchiveError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, Int(offset)) }
    guard got == count else {
      throw ArchiveError(name, "the file ends at byte \(offset + Int64(max(0, got)))")
    }
    return bytes
  }
}
