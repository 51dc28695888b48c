/// Which packages may take over files of which others: their `Replaces` fields.
struct Replacements: Sendable {
  private var packages: [String: (version: String, replaces: [Relation])] = [:]

  /// `file` is a control file or a stanza of dpkg's status.
  mutating func add(_ file: ControlFile) {
    guard let name = file["Package"] else { return }
    packages[name] = (file["Version"] ?? "", Relation.list(file["Replaces"]))
  }

  /// Whether `package` replaces files of `other` at the version that there is.
  func holds(_ package: String, _ other: String) -> Bool {
    guard let replaces = packages[package]?.replaces else { return false }
    return replaces.contains { relation in
      guard relation.name == other else { return false }
      guard let bound = relation.bound, let version = packages[other]?.version else { return true }
      let order = DebianVersion.compare(version, bound.version)
      return switch bound.operation {
      case "<<": order < 0
      case "<=", "<": order <= 0
      case "=": order == 0
      case ">=", ">": order >= 0
      case ">>": order > 0
      default: false
      }
    }
  }
}

/// The order of Debian's version numbers (deb-version(7)).
enum DebianVersion {
  /// Negative, zero or positive, as `a` comes before `b`, equals it or comes after it.
  static func compare(_ a: String, _ b: String) -> Int {
    let (a, b) = (parts(a), parts(b))
    if a.epoch != b.epoch { return a.epoch < b.epoch ? -1 : 1 }
    let upstream = order(a.upstream, b.upstream)
    return upstream != 0 ? upstream : order(a.revision, b.revision)
  }

  private typealias Parts = (epoch: Int, upstream: ArraySlice<UInt8>, revision: ArraySlice<UInt8>)

  private static func parts(_ text: String) -> Parts {
    var rest = Array(text.utf8)[...]
    var epoch = 0
    if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
      epoch = Int(String(decoding: rest[..<colon], as: UTF8.self)) ?? 0
      rest = rest[(colon + 1)...]
    }
    guard let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) else { return (epoch, rest, []) }
    return (epoch, rest[..<hyphen], rest[(hyphen + 1)...])
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// `~` before the end, the end before letters, letters before everything else.
  private static func weight(_ byte: UInt8?) -> Int {
    guard let byte, !isDigit(byte) else { return 0 }
    if byte == UInt8(ascii: "~") { return -1 }
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    return isLetter ? Int(byte) : Int(byte) + 256
  }

  private static func order(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    var (a, b) = (a, b)
    while !a.isEmpty || !b.isEmpty {
      while a.first.map({ !isDigit($0) }) ?? false || b.first.map({ !isDigit($0) }) ?? false {
        let difference = weight(a.first) - weight(b.first)
        if difference != 0 { return difference }
        a = a.dropFirst()
        b = b.dropFirst()
      }
      let (x, y) = (a.prefix(while: isDigit), b.prefix(while: isDigit))
      a = a.dropFirst(x.count)
      b = b.dropFirst(y.count)
      let zero = UInt8(ascii: "0")
      let (m, n) = (x.drop { $0 == zero }, y.drop { $0 == zero })
      if m.count != n.count { return m.count - n.count }
      if let (p, q) = zip(m, n).first(where: { $0 != $1 }) { return Int(p) - Int(q) }
    }
    return 0
  }
}
