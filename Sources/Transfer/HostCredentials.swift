/// Who this program is to which server. A list in which the first that fits counts, but entries that
/// fit every server come after all others. No text of these values shows a secret.
package struct HostCredentials: Sendable, Equatable {
  package var entries: [Entry]

  package init(_ entries: [Entry] = []) { self.entries = entries }

  /// What one server, or a part of it, is told.
  package struct Entry: Sendable, Equatable {
    package var place: Place
    package var secret: Secret?
    package var certificate: ClientCertificate?
    /// Why there is nothing to tell it: an error for who asks that server, and for nobody else.
    package var obstacle: Obstacle?

    package init(
      _ place: Place, _ secret: Secret? = nil, certificate: ClientCertificate? = nil,
      obstacle: Obstacle? = nil
    ) {
      self.place = place
      self.secret = secret
      self.certificate = certificate
      self.obstacle = obstacle
    }
  }

  package struct Obstacle: Sendable, Equatable {
    package var reason: String
    package var hint: String

    package init(_ reason: String, hint: String) {
      self.reason = reason
      self.hint = hint
    }
  }

  /// For which requests an entry is.
  package struct Place: Sendable, Equatable {
    /// Lower case; nil for every server.
    package var host: String?
    /// Nil for every port.
    package var port: Int?
    /// What the path begins with.
    package var path: String
    package var schemes: Set<Location.Scheme>

    package init(
      host: String?, port: Int? = nil, path: String = "", schemes: Set<Location.Scheme> = [.http, .https]
    ) {
      self.host = host?.lowercased()
      self.port = port
      self.path = path
      self.schemes = schemes
    }

    /// "mirror.example", "mirror.example:8443" or "[::1]:8443"; nil for anything else.
    package init?(_ text: String) {
      var host = text[...]
      var port: Int?
      if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
        guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
        host = text[..<colon]
        port = Int(number)
      }
      let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
      let forbidden = isBracketed ? "/@?#" : "/@?#:[]"
      guard !host.isEmpty, !host.contains(where: { forbidden.contains($0) || $0.isWhitespace }) else {
        return nil
      }
      self.init(host: String(host), port: port)
    }

    func covers(_ location: Location) -> Bool {
      guard schemes.contains(location.scheme), location.scheme != .file else { return false }
      if let host, host != location.host { return false }
      if let port, port != location.port { return false }
      return location.path.hasPrefix(path)
    }
  }

  package enum Secret: Sendable, Hashable {
    case basic(user: String, password: String)
    /// RFC 6750.
    case bearer(String)
  }

  /// Files of this host, in PEM.
  package struct ClientCertificate: Sendable, Equatable {
    package var certificate: String
    /// Nil when it is in the certificate's file.
    package var key: String?

    package init(certificate: String, key: String?) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// What the server of `location` is told. What the URL itself says comes first; a URL with a user
  /// and no password gets that user's. `isElsewhere`: another server sent us there, which must not
  /// decide who gets what is meant for everybody.
  package func secret(for location: Location, isElsewhere: Bool = false) -> Secret? {
    var user: String?
    switch location.credentials {
    case .basic(let name, "") where !name.isEmpty: user = name
    case .some(let own): return own
    case nil: break
    }
    func fits(_ entry: Entry) -> Bool {
      guard let secret = entry.secret, entry.place.covers(location) else { return false }
      guard let user else { return true }
      if case .basic(user, _) = secret { return true }
      return false
    }
    if let own = entries.first(where: { $0.place.host != nil && fits($0) }) { return own.secret }
    if !isElsewhere, let other = entries.first(where: { $0.place.host == nil && fits($0) }) {
      return other.secret
    }
    return user.map { .basic(user: $0, password: "") }
  }

  /// Why the server of `location` cannot be told what the config has for it.
  func obstacle(to location: Location) -> Obstacle? {
    guard location.credentials == nil else { return nil }
    return entries.first { ($0.secret != nil || $0.obstacle != nil) && $0.place.covers(location) }?.obstacle
  }

  /// The certificate that the server of `location` is shown.
  package func certificate(for location: Location) -> ClientCertificate? {
    guard location.scheme == .https else { return nil }
    return entries.first { $0.certificate != nil && $0.place.covers(location) }?.certificate
  }

  /// Everything that must be in no text, the longest first.
  package var words: [String] {
    var words: Set<String> = []
    for entry in entries {
      switch entry.secret {
      case .basic(_, let password): words.insert(password)
      case .bearer(let token): words.insert(token)
      case nil: break
      }
    }
    return words.filter { !$0.isEmpty }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }
}

extension HostCredentials.Secret: CustomStringConvertible, CustomDebugStringConvertible {
  package var description: String {
    switch self {
    case .basic: "a user's name and password"
    case .bearer: "a token"
    }
  }

  package var debugDescription: String { description }
}
