/// Names of hosts as the config writes them: a name, or `*.` and a name for all names below it.
enum DomainPattern {
  /// What the older builders refuse; "starts with https://".
  static func refusal(of domain: String) -> String? {
    if domain.trimmed.isEmpty { return "it is empty" }
    for scheme in ["http://", "https://"] where domain.hasPrefix(scheme) { return "it begins with \(scheme)" }
    if domain.utf8.contains(UInt8(ascii: "/")) { return "it has a path" }
    let bytes = Array(domain.utf8)
    let hasPort = bytes.indices.dropLast().contains {
      bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1].isDigit
    }
    return hasPort ? "it has a port" : nil
  }

  /// Why nothing can ever match it; nil for what `refusal` is about.
  static func fault(of domain: String) -> (reason: String, hint: String?)? {
    if domain == "*" { return nil }
    if domain.unicodeScalars.contains(where: { $0.properties.isWhitespace }) {
      let trimmed = domain.trimmed
      return trimmed.unicodeScalars.contains { $0.properties.isWhitespace }
        ? ("it has a blank", "one name is one entry of the list")
        : ("it has blanks around it", "write \(quoted(trimmed))")
    }
    let name = domain.hasPrefix("*.") ? domain.dropFirst(2) : domain[...]
    if name.contains("*") {
      return (
        "a star stands in front of a whole name only", "\"*.example.org\" is every name below example.org"
      )
    }
    if name.hasPrefix(".") && !domain.hasPrefix("*") {
      return ("it begins with a dot", "write \(quoted("*" + domain)) for the names below")
    }
    if name.hasSuffix(".") { return ("it ends with a dot", "write \(quoted(String(domain.dropLast())))") }
    if !name.utf8.allSatisfy({ $0 < 128 }) {
      return ("it has letters that names on the wire do not have", "write its Punycode form, xn--…")
    }
    if name.utf8.count > 253 { return ("a name has at most 253 bytes", nil) }
    for label in name.split(separator: ".", omittingEmptySubsequences: false) {
      if label.isEmpty { return ("it has two dots in a row", nil) }
      if label.utf8.count > 63 { return ("a label has at most 63 bytes", nil) }
      if label.hasPrefix("-") || label.hasSuffix("-") { return ("a label begins or ends with -", nil) }
      if let odd = label.utf8.first(where: { !$0.isOf("-_") }) {
        return ("no name has \(quoted(String(Character(Unicode.Scalar(odd)))))", nil)
      }
    }
    return nil
  }

  /// Whether it lets through more than anybody can have looked at.
  static func isBroad(_ domain: String) -> Bool {
    if domain == "*" { return true }
    guard domain.hasPrefix("*.") else { return false }
    let suffix = domain.dropFirst(2)
    return ["com", "net", "org", "io", "dev", "co", "us", "uk", "eu", "app"].contains(suffix)
      || (!suffix.contains(".") && suffix.count <= 3)
  }

  /// The entry of a list that covers `domain`, itself included; `list` is in lower case.
  static func cover(of domain: String, in list: Set<String>) -> String? {
    let domain = domain.lowercased()
    if list.contains(domain) { return domain }
    if list.contains("*") { return "*" }
    var rest = domain.hasPrefix("*.") ? domain.dropFirst(2) : domain[...]
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      if list.contains("*.\(rest)") { return "*.\(rest)" }
    }
    return nil
  }
}
