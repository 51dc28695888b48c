import Glibc

/// Where two contents part: the first offset at which their bytes differ, or at which one of them ends.
package struct ByteDifference: Sendable, Equatable {
  package var offset: UInt64
  /// Nil behind the end.
  package var before: UInt8?
  package var after: UInt8?

  package init(offset: UInt64, before: UInt8?, after: UInt8?) {
    self.offset = offset
    self.before = before
    self.after = after
  }

  /// Reads from an offset on: fills as much of the buffer as there is, and returns how much it was.
  package typealias Reading = (UnsafeMutableRawBufferPointer, _ offset: UInt64) throws -> Int

  /// Nil when both are the same.
  package static func first(_ before: Reading, _ after: Reading) throws -> ByteDifference? {
    let step = 1 << 18
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * step, alignment: 4096)
    defer { buffer.deallocate() }
    let (one, two) = (
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<step]),
      UnsafeMutableRawBufferPointer(rebasing: buffer[step...])
    )
    var offset: UInt64 = 0
    while true {
      let a = UnsafeRawBufferPointer(rebasing: one[..<(try before(one, offset))])
      let b = UnsafeRawBufferPointer(rebasing: two[..<(try after(two, offset))])
      let common = min(a.count, b.count)
      // Whole pieces first: nearly all of them are the same.
      if a.count != b.count || memcmp(one.baseAddress!, two.baseAddress!, common) != 0 {
        let index = (0..<common).first { a[$0] != b[$0] } ?? common
        return ByteDifference(
          offset: offset + UInt64(index), before: index < a.count ? a[index] : nil,
          after: index < b.count ? b[index] : nil)
      }
      if common == 0 { return nil }
      offset += UInt64(common)
    }
  }
}
