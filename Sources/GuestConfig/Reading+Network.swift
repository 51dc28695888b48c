import BuildModel
import Toml

extension NetworkSettings {
  mutating func read(from section: Section) {
    section.string("ca_bundle", &caBundle, check: Rule.hostFile)
    for part in section.list("credentials") {
      var credentials = NetworkCredentials(at: part.position)
      credentials.read(from: part)
      self.credentials.append(credentials)
    }
  }
}

extension NetworkCredentials {
  fileprivate mutating func read(from section: Section) {
    section.string("host", &host, required: true, check: Rule.hostName)
    section.string("username_env", &usernameVariable, check: Rule.variableName)
    section.string("password_env", &passwordVariable, check: Rule.variableName)
    section.string("token_env", &tokenVariable, check: Rule.variableName)
    section.string("client_certificate", &clientCertificate, check: Rule.hostFile)
    section.string("client_key", &clientKey, check: Rule.hostFile)
    guard let table = section.table else { return }
    func isGiven(_ key: String) -> Bool { table.entry(key) != nil }
    if isGiven("username_env") != isGiven("password_env") {
      let (given, lacking) =
        isGiven("username_env") ? ("username_env", "password_env") : ("password_env", "username_env")
      section.fail(
        at: section.position(of: given), key: given, "has no meaning without \(lacking)",
        hint: "name both, or token_env alone")
    }
    if isGiven("token_env") && (isGiven("username_env") || isGiven("password_env")) {
      section.fail(
        at: section.position(of: "token_env"), key: "token_env",
        "has no meaning beside username_env and password_env",
        hint: "a server is told a token, or a user's name and password")
    }
    if isGiven("client_key") && !isGiven("client_certificate") {
      section.fail(
        at: section.position(of: "client_key"), key: "client_key",
        "has no meaning without client_certificate")
    }
    if !["username_env", "password_env", "token_env", "client_certificate"].contains(where: isGiven) {
      section.fail(
        "says nothing of who asks",
        hint: "add username_env and password_env, or token_env, or client_certificate")
    }
  }
}

extension Rule {
  /// What is refused is not repeated: it may be the secret itself.
  fileprivate static func variableName(_ name: String) -> String? {
    let isName =
      name.utf8.first.map { !(48...57).contains($0) } == true
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte)
          || (97...122).contains(byte)
      }
    return isName ? nil : "expected the name of an environment variable, which holds the secret"
  }

  fileprivate static func hostFile(_ path: String) -> String? {
    path.isEmpty ? "must not be empty" : absolutePath(path)
  }

  fileprivate static func hostName(_ host: String) -> String? {
    let parts = host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let isName =
      host.hasPrefix("[")
      || (!parts[0].isEmpty && !host.contains { $0 == "/" || $0 == "@" || $0.isWhitespace }
        && (parts.count == 1 || UInt16(parts[1]).map { $0 > 0 } == true))
    // Without the text: a URL may hold a password.
    return isName ? nil : "expected a server's name, or NAME:PORT"
  }
}
