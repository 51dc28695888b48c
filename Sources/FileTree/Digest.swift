import Diagnosis
import Glibc

/// A SHA-256 digest.
package struct Digest: Hashable, Sendable, Comparable {
  package let bytes: [UInt8]

  /// 64 hexadecimal digits, either case; nil for anything else.
  package init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Digest.value(of: digits[index]), let low = Digest.value(of: digits[index + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Nil unless there are 32.
  package init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.bytes = Array(bytes)
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String { Digest.hex(bytes) }

  package static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  package static func < (a: Digest, b: Digest) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

  package init(of text: some StringProtocol) { self.init(of: Array(text.utf8)) }

  package init(of bytes: [UInt8]) {
    var hasher = Hasher()
    bytes.withUnsafeBytes { hasher.update($0) }
    self = hasher.finish()
  }

  /// Of what a descriptor can read, from its first byte on; `name` stands in errors.
  package init(ofFile descriptor: CInt, named name: String) throws(SystemFailure) {
    var hasher = Hasher()
    try readPieces(of: descriptor, named: name) { piece, _ throws(SystemFailure) in hasher.update(piece) }
    self = hasher.finish()
  }

  /// Digests by parts.
  package struct Hasher: ~Copyable {
    private var digest = MessageDigest(.sha256)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    package consuming func finish() -> Digest { Digest(digest.finish()) }
  }
}

extension Digest: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(hex: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256: \(text)")
    }
    self = digest
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}

extension Digest: CustomStringConvertible {
  package var description: String { hex }
}
