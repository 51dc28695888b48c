import Comparing
import Testing

@Suite struct ByteDifferenceTests {
  /// Reads an array, as a file is read.
  private func reading(_ bytes: [UInt8]) -> ByteDifference.Reading {
    { buffer, offset in
      let piece = bytes.dropFirst(Int(offset)).prefix(buffer.count)
      buffer.copyBytes(from: piece)
      return piece.count
    }
  }

  private func first(_ a: [UInt8], _ b: [UInt8]) throws -> ByteDifference? {
    try ByteDifference.first(reading(a), reading(b))
  }

  @Test(arguments: [0, 1, 262_143, 262_144, 262_145, 600_000])
  func `the first of several differing bytes is found, wherever it is`(offset: Int) throws {
    let bytes = [UInt8](repeating: 7, count: 600_002)
    var other = bytes
    other[offset] = 8
    other[600_001] = 9
    #expect(try first(bytes, bytes) == nil)
    #expect(try first(bytes, other) == ByteDifference(offset: UInt64(offset), before: 7, after: 8))
  }

  @Test(arguments: [0, 5, 262_144, 524_288])
  func `an end is a difference`(count: Int) throws {
    let bytes = [UInt8](repeating: 7, count: count)
    #expect(try first(bytes, bytes) == nil)
    #expect(try first(bytes, bytes + [1]) == ByteDifference(offset: UInt64(count), before: nil, after: 1))
    #expect(try first(bytes + [1], bytes) == ByteDifference(offset: UInt64(count), before: 1, after: nil))
  }
}
