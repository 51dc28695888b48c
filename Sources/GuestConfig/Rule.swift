import FileTree

/// Checks of text; each gives the reason why the text cannot be used, or nil.
enum Rule {
  static func fileName(_ name: String) -> String? {
    guard let path = TreePath(name), !path.isRoot, path.bytes.elementsEqual(name.utf8),
      !name.utf8.contains(UInt8(ascii: "/"))
    else { return "\"\(name)\" is not a file name" }
    return nil
  }

  static func absolutePath(_ path: String) -> String? {
    path.isEmpty || (path.hasPrefix("/") && TreePath(path) != nil)
      ? nil : "expected an absolute path without \"..\", found \"\(path)\""
  }

  static func pathInside(_ path: String) -> String? {
    guard !path.hasPrefix("/"), let inside = TreePath(path), !inside.isRoot else {
      return "expected a path inside what was installed, found \"\(path)\""
    }
    return nil
  }

  /// Without credentials: a config is shared.
  static func webAddress(_ address: String) -> String? {
    guard let scheme = address.firstRange(of: "://"),
      ["https", "http"].contains(address[..<scheme.lowerBound])
    else { return "expected an address that begins with https:// or http://, found \"\(address)\"" }
    let host = address[scheme.upperBound...].prefix { $0 != "/" }
    if let reason = withoutCredentials(address) { return reason }
    return host.isEmpty ? "expected an address with a host, found \"\(address)\"" : nil
  }

  /// A config is shared, and what it asks for is written into the lock. What is refused is not
  /// repeated: it may be the secret itself.
  static func withoutCredentials(_ address: String) -> String? {
    guard let scheme = address.firstRange(of: "://"),
      address[scheme.upperBound...].prefix(while: { !"/?#".contains($0) }).contains("@")
    else { return nil }
    return "expected an address without a user's name and password: [[build.network.credentials]] is for them"
  }

  /// The form in which snapshot archives name a moment.
  static func snapshot(_ moment: String) -> String? {
    let digits = Array(moment.utf8)
    let isMoment =
      digits.count == 16 && digits[8] == UInt8(ascii: "T") && digits[15] == UInt8(ascii: "Z")
      && digits.enumerated().allSatisfy { $0 == 8 || $0 == 15 || (48...57).contains($1) }
    return isMoment ? nil : "expected a moment such as \"20260810T000000Z\", found \"\(moment)\""
  }
}
