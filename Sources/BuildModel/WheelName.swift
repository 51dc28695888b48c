/// The name of a wheel's file, which says what it is and where it runs:
/// `distribution-version(-build)?-python-abi-platform.whl`.
package struct WheelName: Sendable, Hashable {
  package let file: String
  /// As written: "charset_normalizer".
  package let distribution: String
  package let version: String
  /// "1" of "1-cp311"; empty for most.
  package let build: String
  /// Each combination of the compressed tag sets: "cp311-abi3-manylinux_2_17_x86_64".
  package let tags: [String]

  package init?(_ file: String) {
    guard file.hasSuffix(".whl"), !file.contains("/") else { return nil }
    let parts = file.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5 || parts.count == 6, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.file = file
    distribution = parts[0]
    version = parts[1]
    build = parts.count == 6 ? parts[2] : ""
    if let first = build.first, !first.isNumber { return nil }
    let sets = parts.suffix(3).map { $0.split(separator: ".").map(String.init) }
    var tags: [String] = []
    for python in sets[0] {
      for abi in sets[1] {
        for platform in sets[2] { tags.append("\(python)-\(abi)-\(platform)") }
      }
    }
    self.tags = tags
  }

  /// The spelling in which two names of one distribution are equal: lower case, one hyphen for each
  /// run of `-`, `_` and `.` (PEP 503).
  package static func normalized(_ name: some StringProtocol) -> String {
    var result = ""
    for character in name.lowercased() {
      if character == "-" || character == "_" || character == "." {
        if result.last != "-" { result.append("-") }
      } else {
        result.append(character)
      }
    }
    return result
  }
}
