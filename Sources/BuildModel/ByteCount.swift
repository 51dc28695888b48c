/// A size as the config writes it: bytes, or a number with K, M or G for powers of 1024.
package struct ByteCount: Sendable, Hashable, Comparable, Codable {
  package var bytes: Int64

  package init(_ bytes: Int64) { self.bytes = bytes }

  /// "4096", "512K", "64M", "2G"; nil for anything else, and for what does not fit.
  package init?(_ text: String) {
    var digits = Substring(text)
    var unit: Int64 = 1
    switch digits.last {
    case "K": unit = 1 << 10
    case "M": unit = 1 << 20
    case "G": unit = 1 << 30
    default: break
    }
    if unit > 1 { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int64(digits)
    else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    if overflow { return nil }
    self.bytes = bytes
  }

  package static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}

extension ByteCount: CustomStringConvertible {
  /// The shortest form that reads back as the same size.
  package var description: String {
    for (unit, letter) in [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")] as [(Int64, String)]
    where bytes != 0 && bytes % unit == 0 {
      return "\(bytes / unit)\(letter)"
    }
    return "\(bytes)"
  }
}
