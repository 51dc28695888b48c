import CCurl

/// Where something can be fetched: an http, https or file URL. A password in it is kept apart and
/// appears in no text of this value.
package struct Location: Sendable, Hashable {
  package enum Scheme: String, Sendable { case http, https, file }

  package let scheme: Scheme
  /// Lower case; empty for a file.
  package let host: String
  package let port: Int
  /// The whole URL but for credentials and fragment, as it is asked for.
  package let url: String
  let credentials: Credentials?

  enum Credentials: Sendable, Hashable {
    case basic(user: String, password: String)
    /// RFC 6750.
    case bearer(String)
  }

  /// `text` may also be an absolute path, which becomes a file URL.
  package init(_ text: String) throws(TransferFailure) {
    if text.hasPrefix("/") {
      self.init(scheme: .file, host: "", port: 0, url: "file://" + Location.encode(text), credentials: nil)
      return
    }
    func refusal(_ why: String) -> TransferFailure {
      TransferFailure(Location.withoutSecrets(text), .unusable(why))
    }
    guard let parts = curl_url() else { preconditionFailure("out of memory") }
    defer { curl_url_cleanup(parts) }
    let code = curl_url_set(parts, CURLUPART_URL, text, 0)
    if code == CURLUE_UNSUPPORTED_SCHEME { throw refusal("expected http, https or file") }
    guard code == CURLUE_OK else { throw refusal(String(cString: curl_url_strerror(code))) }

    func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parts, part, &value, flags) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME).flatMap(Scheme.init) else {
      throw refusal("expected http, https or file")
    }
    let user = part(CURLUPART_USER, UInt32(CURLU_URLDECODE))
    let password = part(CURLUPART_PASSWORD, UInt32(CURLU_URLDECODE))
    for secret in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT] {
      curl_url_set(parts, secret, nil, 0)
    }
    guard let url = part(CURLUPART_URL) else { throw refusal("it has no host") }
    self.init(
      scheme: scheme, host: part(CURLUPART_HOST)?.lowercased() ?? "",
      port: part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap { Int($0) } ?? 0, url: url,
      credentials: user == nil && password == nil
        ? nil : .basic(user: user ?? "", password: password ?? ""))
  }

  private init(scheme: Scheme, host: String, port: Int, url: String, credentials: Credentials?) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.url = url
    self.credentials = credentials
  }

  /// The same place, asked for with a user's name and password.
  package func authorized(user: String, password: String) -> Location {
    Location(
      scheme: scheme, host: host, port: port, url: url,
      credentials: .basic(user: user, password: password))
  }

  /// The same place, asked for with a token.
  package func authorized(bearer token: String) -> Location {
    Location(scheme: scheme, host: host, port: port, url: url, credentials: .bearer(token))
  }

  /// A place below this one. `path` is plain text and is percent-encoded; a query stays at the end.
  package func appending(_ path: String) -> Location {
    let end = url.firstIndex(of: "?") ?? url.endIndex
    var base = url[..<end]
    while base.hasSuffix("/") { base.removeLast() }
    let below = Location.encode(String(path.drop { $0 == "/" }))
    return Location(
      scheme: scheme, host: host, port: port, url: base + "/" + below + url[end...],
      credentials: credentials)
  }

  /// Where a server that was asked for this place sends us; throws for what we do not follow. The
  /// credentials go along to the same scheme, host and port only, and a redirect brings none.
  func redirected(to text: String) throws(TransferFailure) -> Location {
    let target = try Location(text)
    let isAllowed = scheme == target.scheme || (scheme == .http && target.scheme == .https)
    guard isAllowed && target.scheme != .file else {
      throw TransferFailure(
        description, .redirected("to \(target.scheme.rawValue), away from \(scheme.rawValue)"))
    }
    let isSameServer = scheme == target.scheme && host == target.host && port == target.port
    return Location(
      scheme: target.scheme, host: target.host, port: target.port, url: target.url,
      credentials: isSameServer ? credentials : nil)
  }

  private static let plain = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/+:@,;=!$&'()*".utf8)

  private static func encode(_ path: String) -> String {
    var text: [UInt8] = []
    for byte in path.utf8 {
      if plain.contains(byte) {
        text.append(byte)
      } else {
        let digits = Array("0123456789ABCDEF".utf8)
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// For a URL that cannot be parsed: without anything that could be a password or a token.
  private static func withoutSecrets(_ text: String) -> String {
    var rest = text.prefix { $0 != "?" && $0 != "#" }
    if let at = rest.lastIndex(of: "@") {
      let scheme = rest.firstIndex(of: ":").map { rest[...$0] + "//" } ?? ""
      rest = scheme + rest[rest.index(after: at)...]
    }
    return String(rest)
  }
}

extension Location: CustomStringConvertible {
  /// For messages: without credentials, and without the query, where tokens live.
  package var description: String {
    guard let query = url.firstIndex(of: "?") else { return url }
    return url[..<query] + "?…"
  }
}
