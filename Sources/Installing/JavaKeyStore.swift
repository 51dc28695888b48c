import FileTree

/// A key store in Java's own format, JKS version 2, as `ca-certificates-java` writes
/// `/etc/ssl/certs/java/cacerts`: each entry carries the moment at which it was added, and a digest over
/// all of it follows. Read as OpenJDK's `sun.security.provider.JavaKeyStore` does.
struct JavaKeyStore {
  /// Everything before the digest.
  private var content: [UInt8]
  /// Where in it the eight bytes of each entry's time are.
  private var times: [Int]

  /// What OpenJDK and Debian use for a store that holds nothing secret.
  private static let password = "changeit"
  private static let trailer = 20

  /// Nil when the bytes are no such store, or not one of that password.
  init?(_ bytes: [UInt8]) {
    guard bytes.count > 12 + JavaKeyStore.trailer else { return nil }
    content = Array(bytes.dropLast(JavaKeyStore.trailer))
    times = []
    guard JavaKeyStore.digest(of: content) == Array(bytes.suffix(JavaKeyStore.trailer)),
      JavaKeyStore.number(in: content, at: 0, bytes: 4) == 0xfeed_feed,
      JavaKeyStore.number(in: content, at: 4, bytes: 4) == 2,
      let count = JavaKeyStore.number(in: content, at: 8, bytes: 4)
    else { return nil }
    var place = 12
    for _ in 0..<count {
      // A trusted certificate; a key of somebody's own would not be in this store.
      guard JavaKeyStore.number(in: content, at: place, bytes: 4) == 2 else { return nil }
      place += 4
      guard JavaKeyStore.skip(&place, length: 2, in: content) else { return nil }
      times.append(place)
      place += 8
      guard JavaKeyStore.skip(&place, length: 2, in: content),
        JavaKeyStore.skip(&place, length: 4, in: content)
      else { return nil }
    }
    if place != content.count { return nil }
  }

  /// The store with one time for all entries.
  func bytes(dated time: Timestamp) -> [UInt8] {
    var content = content
    let milliseconds = UInt64(bitPattern: time.seconds * 1000)
    for place in times {
      for byte in 0..<8 { content[place + byte] = UInt8(truncatingIfNeeded: milliseconds >> (56 - 8 * byte)) }
    }
    return content + JavaKeyStore.digest(of: content)
  }

  private static func digest(of content: [UInt8]) -> [UInt8] {
    let password = password.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    return SHA1.digest(of: password + Array("Mighty Aphrodite".utf8) + content)
  }

  /// Big-endian.
  private static func number(in bytes: [UInt8], at place: Int, bytes count: Int) -> Int? {
    guard place + count <= bytes.count else { return nil }
    return bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// Goes past a text or certificate that its length precedes.
  private static func skip(_ place: inout Int, length: Int, in bytes: [UInt8]) -> Bool {
    guard let count = number(in: bytes, at: place, bytes: length), place + length + count <= bytes.count
    else { return false }
    place += length + count
    return true
  }
}
