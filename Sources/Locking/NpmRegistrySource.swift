import BuildModel
import Diagnosis
import FileTree

/// Where npm packages are looked for, and who said so. This program names no registry itself: it asks
/// the one that the host's npm would ask, and in the end npm's own default.
package struct NpmRegistrySource: Sendable, Equatable {
  /// Nil to ask npm for its default.
  package private(set) var address: String?
  /// "/home/me/.npmrc", "the default of npm"
  package private(set) var origin = "the default of npm"
  /// Registries of scopes: "@acme" → address.
  package private(set) var scopes: [String: String] = [:]
  /// What proves who asks, by what an address begins with after its scheme: "registry.example/npm/".
  private var authorizations: [String: Authorization] = [:]

  package enum Authorization: Sendable, Equatable {
    case bearer(String)
    case basic(user: String, password: String)
  }

  /// npm's variables, the first that is set counts.
  package static let variables = ["npm_config_registry", "NPM_CONFIG_REGISTRY"]

  /// Where npm looks for its configuration, the weakest first.
  package static func configurationPaths(home: String?, userConfig: String?) -> [String] {
    ["/etc/npmrc", userConfig ?? home.map { "\($0)/.npmrc" }].compactMap { $0 }
  }

  /// `configured` is the guest's own choice and wins. `files` are those of `configurationPaths` that
  /// exist, in that order; `environment` may also hold what they refer to as `${NAME}`.
  package init(
    configured: String?, environment: [String: String], files: [ConfigurationFile]
  ) throws(Report) {
    for file in files {
      for (key, value) in NpmRegistrySource.settings(in: file.text, environment) {
        if key == "registry" {
          try set(value, from: file.path)
        } else if key.hasPrefix("@"), let scope = key.firstRange(of: ":registry"),
          scope.upperBound == key.endIndex
        {
          scopes[String(key[..<scope.lowerBound])] = try NpmRegistrySource.checked(value, from: file.path)
        }
      }
      addAuthorizations(of: NpmRegistrySource.settings(in: file.text, environment))
    }
    for name in NpmRegistrySource.variables.reversed() {
      if let value = environment[name].map({ $0.filter { !$0.isWhitespace } }), !value.isEmpty {
        try set(value, from: name)
      }
    }
    if let configured { try set(configured, from: "[build.npm] registry") }
  }

  /// With npm's own default in place of an address that nobody has named.
  package func completed(with address: String) throws(Report) -> NpmRegistrySource {
    var source = self
    if source.address == nil { try source.set(address, from: "the default of npm") }
    return source
  }

  /// The address of the registry that has a package; nil when only npm's default would know.
  package func registry(of name: String) -> String? {
    if name.hasPrefix("@"), let own = scopes[String(name.prefix { $0 != "/" })] { return own }
    return address
  }

  /// What has to be sent to `address`, of a registry or of a tarball: that of the longest beginning.
  package func authorization(for address: String) -> Authorization? {
    let place = NpmRegistrySource.place(address)
    return authorizations.filter { place.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value
  }

  /// What npm asks for a package: a scope's slash is written as %2f.
  package static func page(of name: String, at registry: String) -> String {
    var base = registry[...]
    while base.hasSuffix("/") { base.removeLast() }
    return "\(base)/\(name.replacing("/", with: "%2f"))"
  }

  /// Where registries have a tarball that do not say otherwise.
  package static func tarball(of name: String, _ version: String, at registry: String) -> String {
    var base = registry[...]
    while base.hasSuffix("/") { base.removeLast() }
    return "\(base)/\(name)/-/\(name.split(separator: "/").last ?? "")-\(version).tgz"
  }

  private mutating func set(_ value: String, from origin: String) throws(Report) {
    address = try NpmRegistrySource.checked(value, from: origin)
    self.origin = origin
  }

  private static func checked(_ value: String, from origin: String) throws(Report) -> String {
    if ["https://", "http://"].contains(where: value.lowercased().hasPrefix) { return value }
    throw Report(
      "cannot use the npm registry of \(origin): expected an address that begins with https:// or http://")
  }

  /// Without the scheme, and with a slash at the end, as npm's keys have it.
  private static func place(_ address: String) -> String {
    let start = address.firstRange(of: "//")?.upperBound ?? address.startIndex
    let place = address[start...].prefix { $0 != "?" && $0 != "#" }
    return place.hasSuffix("/") ? String(place) : place + "/"
  }

  private mutating func addAuthorizations(of settings: [(key: String, value: String)]) {
    var users: [String: String] = [:]
    var passwords: [String: String] = [:]
    for (key, value) in settings where key.hasPrefix("//") {
      guard let colon = key.lastIndex(of: ":") else { continue }
      let place = NpmRegistrySource.place(String(key[..<colon]))
      switch key[key.index(after: colon)...] {
      case "_authToken": authorizations[place] = .bearer(value)
      case "_auth":
        guard let text = NpmRegistrySource.decoded(value), let middle = text.firstIndex(of: ":") else {
          continue
        }
        authorizations[place] = .basic(
          user: String(text[..<middle]), password: String(text[text.index(after: middle)...]))
      case "username": users[place] = value
      case "_password": passwords[place] = NpmRegistrySource.decoded(value)
      default: continue
      }
    }
    for (place, user) in users {
      if let password = passwords[place] { authorizations[place] = .basic(user: user, password: password) }
    }
  }

  private static func decoded(_ base64: String) -> String? {
    Base64.standard.bytes(of: base64).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The settings of an npmrc, an ini file without sections, in their order.
  private static func settings(in text: String, _ environment: [String: String]) -> [(
    key: String, value: String
  )] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let line = line.drop(while: \.isWhitespace)
      guard let first = line.first, first != "#", first != ";", first != "[",
        let separator = line.firstIndex(of: "=")
      else { return nil }
      func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        if text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote {
          text = text.dropFirst().dropLast()
        }
        return String(text)
      }
      return (
        trimmed(line[..<separator]),
        expanded(trimmed(line[line.index(after: separator)...]), environment)
      )
    }
  }

  /// `${NAME}` is a variable's value; of one that is not set npm leaves the words as they are.
  private static func expanded(_ text: String, _ environment: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
      let name = String(rest[start.upperBound..<end])
      result += rest[..<start.lowerBound]
      result += environment[name] ?? "${\(name)}"
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
