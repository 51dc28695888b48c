/// An address of the web, as far as names on an index page are resolved against it.
package struct WebAddress {
  /// "https:"
  private let scheme: Substring
  /// Host and port, without credentials.
  private let authority: Substring
  /// With its leading slash, without query and fragment.
  private let path: String

  init(_ text: String) {
    var rest = text.prefix { $0 != "#" && $0 != "?" }
    if let colon = rest.firstIndex(of: ":") {
      scheme = rest[...colon]
      rest = rest[rest.index(after: colon)...]
    } else {
      scheme = "https:"
    }
    while rest.first == "/" { rest.removeFirst() }
    let host = rest.prefix { $0 != "/" }
    authority = host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host
    let tail = rest.dropFirst(host.count)
    path = tail.isEmpty ? "/" : String(tail)
  }

  /// `reference` as an absolute address without credentials (RFC 3986, section 5).
  func resolve(_ reference: String) -> String {
    let reference = String(reference.prefix { $0 != "#" })
    if reference.hasPrefix("http://") || reference.hasPrefix("https://") || reference.hasPrefix("file://") {
      return WebAddress.withoutCredentials(reference)
    }
    if reference.hasPrefix("//") { return WebAddress.withoutCredentials("\(scheme)\(reference)") }
    if reference.hasPrefix("/") { return "\(scheme)//\(authority)\(WebAddress.withoutDots(reference[...]))" }
    let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return "\(scheme)//\(authority)\(WebAddress.withoutDots(directory + reference))"
  }

  package static func withoutCredentials(_ address: String) -> String {
    guard let colon = address.firstIndex(of: ":") else { return address }
    let rest = address[address.index(after: colon)...].drop { $0 == "/" }
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return address }
    return "\(address[...colon])//\(rest[rest.index(after: at)...])"
  }

  private static func withoutDots(_ path: Substring) -> String {
    let query = path.firstIndex(of: "?") ?? path.endIndex
    var parts: [Substring] = []
    for part in path[..<query].split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      if part == ".." {
        if !parts.isEmpty { parts.removeLast() }
      } else if part != "." {
        parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/") + path[query...]
  }
}

/// The attributes of one HTML tag, names in lower case, values with their character references resolved.
struct HTMLAttributes {
  private var values: [String: String] = [:]

  /// `text` is what stands between the tag's name and its `>`.
  init(_ text: Substring) {
    var rest = text
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "/" }
      let name = rest.prefix { !$0.isWhitespace && $0 != "=" }
      if name.isEmpty { break }
      rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
      var value: Substring = ""
      if rest.first == "=" {
        rest = rest.dropFirst().drop(while: \.isWhitespace)
        if let quote = rest.first, quote == "\"" || quote == "'" {
          value = rest.dropFirst().prefix { $0 != quote }
          rest = rest.dropFirst(value.count + 1).dropFirst()
        } else {
          value = rest.prefix { !$0.isWhitespace }
          rest = rest.dropFirst(value.count)
        }
      }
      values[name.lowercased()] = HTMLAttributes.unescaped(value)
    }
  }

  subscript(name: String) -> String? { values[name] }

  private static let entities: [Substring: Character] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
  ]

  static func unescaped(_ text: Substring) -> String {
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      rest = rest[rest.index(after: ampersand)...]
      guard let semicolon = rest.prefix(10).firstIndex(of: ";"), let character = character(rest[..<semicolon])
      else {
        result.append("&")
        continue
      }
      result.append(character)
      rest = rest[rest.index(after: semicolon)...]
    }
    return result + rest
  }

  private static func character(_ name: Substring) -> Character? {
    guard name.first == "#" else { return entities[name] }
    let digits = name.dropFirst()
    let number =
      digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init).map(Character.init)
  }
}
