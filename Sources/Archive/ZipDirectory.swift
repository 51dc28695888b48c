import FileTree
import Glibc

/// The records at the end of a zip archive, which say what is in it.
struct ZipDirectory {
  private let descriptor: CInt
  private let name: String
  /// Bytes of the file that the central directory takes.
  private let range: Range<Int64>
  private let count: UInt64

  /// More is no directory of files that anybody wants.
  private static let largest: Int64 = 256 << 20

  init(descriptor: CInt, name: String) throws {
    self.descriptor = descriptor
    self.name = name
    let size = try fileSize(descriptor, named: name)
    // The last record has 22 bytes and a comment of at most 65,535.
    let tail = try ZipDirectory.bytes(max(0, size - 22 - 65_535)..<size, of: descriptor, name)
    guard let (place, end) = ZipDirectory.end(in: tail) else {
      throw ArchiveError(name, "it is not a whole zip archive: no end record was found")
    }
    let endOffset = size - Int64(tail.count - place)
    var (count, start, length) = (UInt64(end.count), UInt64(end.offset), UInt64(end.size))
    var recordsEnd = endOffset
    if end.count == .max || end.offset == .max || end.size == .max {
      (count, start, length, recordsEnd) = try ZipDirectory.wideEnd(before: endOffset, descriptor, name)
    }
    guard length <= UInt64(ZipDirectory.largest) else {
      throw ArchiveError(name, "its directory is larger than \(ZipDirectory.largest) bytes")
    }
    guard start.addingReportingOverflow(length) == (UInt64(recordsEnd), false) else {
      throw ArchiveError(name, "its directory does not end where its end record begins")
    }
    self.count = count
    range = Int64(start)..<recordsEnd
  }

  private static func bytes(_ range: Range<Int64>, of descriptor: CInt, _ name: String) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBytes { try readExactly(into: $0, of: descriptor, at: range.lowerBound, name) }
    return bytes
  }

  // MARK: End records

  /// The record whose comment reaches to the end of the file: another one might be part of a comment.
  private static func end(
    in tail: [UInt8]
  ) -> (place: Int, record: (count: UInt16, size: UInt32, offset: UInt32))? {
    for place in stride(from: tail.count - 22, through: 0, by: -1)
    where tail[place] == 0x50 && tail[place + 1] == 0x4b && tail[place + 2] == 5 && tail[place + 3] == 6 {
      var record = ZipRecord(tail[(place + 4)...])
      guard let disk = record.number(UInt16.self), let first = record.number(UInt16.self),
        let here = record.number(UInt16.self), let all = record.number(UInt16.self),
        let size = record.number(UInt32.self), let offset = record.number(UInt32.self),
        let comment = record.number(UInt16.self), Int(comment) == record.bytes.count
      else { continue }
      guard disk == first, here == all else { return nil }
      return (place, (all, size, offset))
    }
    return nil
  }

  /// The zip64 record, which a locator before the plain one points to.
  private static func wideEnd(
    before offset: Int64, _ descriptor: CInt, _ name: String
  ) throws -> (count: UInt64, start: UInt64, length: UInt64, recordsEnd: Int64) {
    let damaged = ArchiveError(name, "its zip64 end record is damaged")
    guard offset >= 76 else { throw damaged }
    var locator = ZipRecord(try bytes((offset - 20)..<offset, of: descriptor, name)[...])
    guard locator.number(UInt32.self) == 0x0706_4b50, locator.number(UInt32.self) == 0,
      let place = locator.number(UInt64.self), place == UInt64(offset - 76)
    else { throw damaged }
    var record = ZipRecord(try bytes((offset - 76)..<(offset - 20), of: descriptor, name)[...])
    guard record.number(UInt32.self) == 0x0606_4b50, record.number(UInt64.self) == 44,
      record.take(4) != nil, record.number(UInt32.self) == 0, record.number(UInt32.self) == 0,
      let here = record.number(UInt64.self), let all = record.number(UInt64.self), here == all,
      let length = record.number(UInt64.self), let start = record.number(UInt64.self)
    else { throw damaged }
    return (all, start, length, offset - 76)
  }

  // MARK: Members

  func members() throws -> [ZipArchive.Member] {
    var records = ZipRecord(try ZipDirectory.bytes(range, of: descriptor, name)[...])
    var members: [ZipArchive.Member] = []
    // A content is never larger than the directory says of it: the reader sees to that.
    var spending = ArchiveSpending(ArchiveBudget(archiveSize: range.upperBound), of: name)
    while !records.isEmpty {
      let member = try member(&records)
      try spending.begin(member.entry)
      members.append(member)
    }
    guard members.count == count else {
      throw ArchiveError(name, "its directory has \(members.count) entries, where it promises \(count)")
    }
    members.sort { $0.offset < $1.offset }
    for index in members.indices {
      let next = index + 1 < members.count ? members[index + 1].offset : range.lowerBound
      members[index].limit = next
      // A local header has 30 bytes, then the name.
      let least = 30 + Int64(members[index].spelledName.count) + members[index].storedSize
      guard next - members[index].offset >= least else {
        throw ArchiveError(name, "\(members[index].entry.path) shares bytes with what follows it")
      }
    }
    return members
  }

  private func member(_ records: inout ZipRecord) throws -> ZipArchive.Member {
    let damaged = ArchiveError(name, "its directory is damaged")
    guard records.number(UInt32.self) == 0x0201_4b50, let madeBy = records.number(UInt16.self),
      records.take(2) != nil, let flags = records.number(UInt16.self),
      let method = records.number(UInt16.self), records.take(4) != nil,
      let crc = records.number(UInt32.self), var stored = records.number(UInt32.self).map(UInt64.init),
      var size = records.number(UInt32.self).map(UInt64.init), let nameLength = records.number(UInt16.self),
      let extraLength = records.number(UInt16.self), let commentLength = records.number(UInt16.self),
      let disk = records.number(UInt16.self), records.take(2) != nil,
      let attributes = records.number(UInt32.self), var offset = records.number(UInt32.self).map(UInt64.init),
      let spelled = records.take(Int(nameLength)).map(Array.init),
      let extra = records.take(Int(extraLength)), records.take(Int(commentLength)) != nil
    else { throw damaged }
    try widen(&size, &stored, &offset, from: ZipRecord(extra))
    guard let path = TreePath(spelled), !spelled.isEmpty, !spelled.contains(0) else {
      throw ArchiveError(
        name, "refusing \"\(String(decoding: spelled, as: UTF8.self))\": the name leads out of the tree")
    }
    // Bit 0: encrypted; bit 13: names in the directory are masked.
    guard flags & 0x2001 == 0 else { throw ArchiveError(name, "\(path) is encrypted") }
    guard let method = ZipArchive.Method(rawValue: method) else {
      throw ArchiveError(name, "\(path) is compressed by method \(method); stored and deflated are known")
    }
    guard disk == 0, let size = Int64(exactly: size), let stored = Int64(exactly: stored),
      let offset = Int64(exactly: offset), offset < range.lowerBound, stored <= range.lowerBound,
      method == .deflated || stored == size
    else { throw damaged }
    // The upper half is a Unix mode if a Unix program wrote it.
    let mode = madeBy >> 8 == 3 ? mode_t(attributes >> 16) : 0
    let entry = FileEntry(
      path: path, kind: kind(mode, isDirectory: spelled.last == UInt8(ascii: "/")),
      mode: UInt16(truncatingIfNeeded: mode & 0o7777), size: size)
    return ZipArchive.Member(
      entry: entry, spelledName: spelled, storedSize: stored, crc: crc, method: method, offset: offset)
  }

  private func kind(_ mode: mode_t, isDirectory: Bool) -> FileEntry.Kind {
    switch mode & S_IFMT {
    case S_IFDIR: .directory
    case S_IFLNK: .symbolicLink(target: [])
    case S_IFIFO: .fifo
    case S_IFSOCK: .socket
    case S_IFCHR: .characterDevice(major: 0, minor: 0)
    case S_IFBLK: .blockDevice(major: 0, minor: 0)
    default: isDirectory ? .directory : .file
    }
  }

  /// Numbers that do not fit into 32 bits stand in an extra field with the tag 1, in this order.
  private func widen(
    _ size: inout UInt64, _ stored: inout UInt64, _ offset: inout UInt64, from extra: ZipRecord
  ) throws(ArchiveError) {
    let wide = UInt64(UInt32.max)
    guard size == wide || stored == wide || offset == wide else { return }
    var extra = extra
    while let tag = extra.number(UInt16.self), let length = extra.number(UInt16.self),
      let field = extra.take(Int(length))
    {
      guard tag == 1 else { continue }
      var numbers = ZipRecord(field)
      if size == wide { size = numbers.number() ?? wide }
      if stored == wide { stored = numbers.number() ?? wide }
      if offset == wide { offset = numbers.number() ?? wide }
      return
    }
  }
}
