import CInflate
import Diagnosis
import FileTree
import Glibc

/// Contents of a zip archive's members, with the buffers that reading them takes. For one thread.
package final class ZipReader {
  private let archive: ZipArchive
  private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 << 10, alignment: 4096)

  init(archive: ZipArchive) { self.archive = archive }

  deinit {
    state.deallocate()
    input.deallocate()
    output.deallocate()
  }

  /// Hands on a member's content in pieces, in order. A piece is only good during the call. After the last
  /// one, size and checksum were what the directory tells; a longer content is refused before its end.
  package func content(of member: ZipArchive.Member, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let start = try contentOffset(of: member)
    guard start + member.storedSize <= member.limit else {
      throw ArchiveError(archive.name, "\(member.entry.path) shares bytes with what follows it")
    }
    var left = start..<start + member.storedSize
    isal_inflate_init(state)
    state.pointee.avail_in = 0
    state.pointee.crc_flag = UInt32(ISAL_GZIP_NO_HDR)
    var (size, crc) = (Int64(0), UInt32(0))
    func hand(on piece: UnsafeRawBufferPointer) throws {
      size += Int64(piece.count)
      guard size <= member.entry.size else {
        throw ArchiveError(
          archive.name,
          "\(member.entry.path) is larger than the \(member.entry.size) bytes that are promised")
      }
      try body(piece)
    }
    switch member.method {
    case .stored:
      while let piece = try next(&left, of: member) {
        crc = crc32_gzip_refl(
          crc, piece.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt64(piece.count))
        try hand(on: piece)
      }
    case .deflated:
      try inflate(&left, of: member, hand)
      crc = state.pointee.crc
    }
    guard size == member.entry.size else {
      throw ArchiveError(
        archive.name,
        "\(member.entry.path) has \(size) of the \(member.entry.size) bytes that are promised")
    }
    guard crc == member.crc else {
      throw ArchiveError(archive.name, "\(member.entry.path) is damaged: its checksum is wrong")
    }
  }

  /// A content in memory. Refuses more than `limit` bytes.
  package func bytes(of member: ZipArchive.Member, limit: Int) throws -> [UInt8] {
    guard member.entry.size <= limit else {
      throw ArchiveError(archive.name, "\(member.entry.path) is larger than \(limit) bytes")
    }
    var result: [UInt8] = []
    try content(of: member) { result.append(contentsOf: $0) }
    return result
  }

  /// Behind the local header, whose name and extra field have lengths of their own.
  private func contentOffset(of member: ZipArchive.Member) throws -> Int64 {
    let name = member.spelledName
    var bytes = [UInt8](repeating: 0, count: 30 + name.count)
    try bytes.withUnsafeMutableBytes {
      try readExactly(into: $0, of: archive.descriptor, at: member.offset, archive.name)
    }
    var header = ZipRecord(bytes[...])
    guard header.number(UInt32.self) == 0x0403_4b50, header.take(4) != nil,
      header.number(UInt16.self) == member.method.rawValue, header.take(16) != nil,
      header.number(UInt16.self).map(Int.init) == name.count, let extra = header.number(UInt16.self),
      header.bytes.elementsEqual(name)
    else {
      throw ArchiveError(
        archive.name, "\(member.entry.path) is not what the archive's directory says of it")
    }
    return member.offset + 30 + Int64(name.count) + Int64(extra)
  }

  /// The next bytes of `range` in the input buffer; nil at its end.
  private func next(
    _ range: inout Range<Int64>, of member: ZipArchive.Member
  ) throws -> UnsafeRawBufferPointer? {
    if range.isEmpty { return nil }
    let part = UnsafeMutableRawBufferPointer(rebasing: input[..<min(input.count, range.count)])
    try readExactly(into: part, of: archive.descriptor, at: range.lowerBound, archive.name)
    range = (range.lowerBound + Int64(part.count))..<range.upperBound
    return UnsafeRawBufferPointer(part)
  }

  private func inflate(
    _ range: inout Range<Int64>, of member: ZipArchive.Member,
    _ hand: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let damaged = ArchiveError(
      archive.name, "\(member.entry.path) is damaged: what is compressed cannot be read")
    while state.pointee.block_state != ISAL_BLOCK_FINISH {
      if state.pointee.avail_in == 0, let piece = try next(&range, of: member) {
        state.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_in = UInt32(piece.count)
      }
      state.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
      state.pointee.avail_out = UInt32(output.count)
      let inputLeft = state.pointee.avail_in
      guard isal_inflate(state) == ISAL_DECOMP_OK else { throw damaged }
      let count = output.count - Int(state.pointee.avail_out)
      // Neither took nor gave anything, and nothing more comes.
      if count == 0 && inputLeft == state.pointee.avail_in && range.isEmpty
        && state.pointee.block_state != ISAL_BLOCK_FINISH
      {
        throw damaged
      }
      if count > 0 { try hand(UnsafeRawBufferPointer(rebasing: output[..<count])) }
    }
  }
}

/// Fills `buffer` from a file at an offset.
func readExactly(
  into buffer: UnsafeMutableRawBufferPointer, of descriptor: CInt, at offset: Int64, _ name: String
) throws {
  var done = 0
  while done < buffer.count {
    let count = try system("read", name) {
      pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
    }
    guard count > 0 else { throw ArchiveError(name, "it ends before its content does") }
    done += count
  }
}
