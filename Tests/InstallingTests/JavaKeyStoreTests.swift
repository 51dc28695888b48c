import FileTree
import Testing

@testable import Installing

@Suite struct JavaKeyStoreTests {
  /// A store as OpenJDK writes one, with entries added at these milliseconds.
  private func store(_ times: [UInt64], tag: UInt8 = 2) -> [UInt8] {
    var content: [UInt8] = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, UInt8(times.count)]
    for (index, time) in times.enumerated() {
      content += [0, 0, 0, tag, 0, 2] + Array("c\(index)".utf8)
      content += (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) }
      content += [0, 5] + Array("X.509".utf8) + [0, 0, 0, 3, 1, 2, 3]
    }
    let signed = "changeit".utf8.flatMap { [0, $0] } + Array("Mighty Aphrodite".utf8) + content
    return content + SHA1.digest(of: signed)
  }

  @Test func `gives all entries one time, and signs the store again`() throws {
    let read = try #require(JavaKeyStore(store([1_795_432_957_123, 1_795_432_958_456])))
    let moment: UInt64 = 1_700_000_000_000
    #expect(read.bytes(dated: Timestamp(seconds: 1_700_000_000)) == store([moment, moment]))
  }

  @Test func `leaves alone what is no such store`() {
    let sound = store([1, 2])
    #expect(JavaKeyStore(sound) != nil)
    #expect(JavaKeyStore(Array(sound.dropLast())) == nil)
    #expect(JavaKeyStore(sound.dropLast(20) + [0] + sound.suffix(20)) == nil)
    #expect(JavaKeyStore(store([1], tag: 1)) == nil)
    #expect(JavaKeyStore([]) == nil)
    var changed = sound
    changed[30] ^= 1
    #expect(JavaKeyStore(changed) == nil)
  }
}
