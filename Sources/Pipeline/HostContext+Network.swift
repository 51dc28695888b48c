import BuildModel
import Diagnosis
import FileTree
import Glibc
import Locking
import Transfer

extension HostContext {
  /// How this host reaches servers: what the config says, then what the host itself knows. The secrets
  /// stay in this process, but for what uv is told for the time of one run.
  func transferSettings(_ network: NetworkSettings) throws -> TransferSettings {
    var settings = TransferSettings(
      certificates: network.caBundle?.value ?? TransferSettings.certificates(in: environment))
    if let bundle = network.caBundle?.value {
      try check(bundle, "cannot use the certificate authorities", at: network.caBundle?.position)
    }
    settings.credentials.entries =
      try indexEntries() + network.credentials.map(entry) + netrcEntries() + aptEntries()
    return settings
  }

  private func entry(_ credentials: NetworkCredentials) throws -> HostCredentials.Entry {
    let host = credentials.host.value
    guard let place = HostCredentials.Place(host) else {
      throw Report(
        "cannot use the credentials of \(credentials.host.position): expected a server's name, or NAME:PORT")
    }
    var secret: HostCredentials.Secret?
    var obstacle: HostCredentials.Obstacle?
    do throws(Unset) {
      if let token = credentials.tokenVariable {
        secret = .bearer(try variable(token))
      } else if let user = credentials.usernameVariable, let password = credentials.passwordVariable {
        secret = .basic(user: try variable(user), password: try variable(password))
      }
    } catch {
      obstacle = error.obstacle
    }
    var certificate: HostCredentials.ClientCertificate?
    if let file = credentials.clientCertificate {
      let what = "cannot use the client certificate of \(host)"
      for path in [file, credentials.clientKey].compactMap(\.self) {
        try check(path.value, what, at: path.position)
      }
      certificate = HostCredentials.ClientCertificate(
        certificate: file.value, key: credentials.clientKey?.value)
    }
    return HostCredentials.Entry(place, secret, certificate: certificate, obstacle: obstacle)
  }

  /// A variable without a value that can be sent. It need not be an error: with everything in the cache, or
  /// offline, nobody asks.
  private struct Unset: Error {
    var obstacle: HostCredentials.Obstacle
  }

  private func variable(_ name: Located<String>) throws(Unset) -> String {
    guard let value = environment[name.value], !value.isEmpty else {
      throw Unset(
        obstacle: .init(
          "the variable \(name.value) is not set",
          hint: "set it in the environment of this program, or remove it from \(name.position): "
            + "[[build.network.credentials]]"))
    }
    guard !value.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
      throw Unset(
        obstacle: .init(
          "the variable \(name.value) holds a control character", hint: "a line break at its end, perhaps"))
    }
    return value
  }

  private func check(_ path: String, _ what: String, at position: SourcePosition?) throws {
    do {
      _ = try Descriptor(opening: path, O_RDONLY)
    } catch {
      throw Report(
        "\(what): \(error.summary)", hints: position.map { ["\($0) names it"] } ?? [])
    }
  }

  /// What the Python index's address says is for its files, too, which its pages name without it.
  private func indexEntries() -> [HostCredentials.Entry] {
    guard let index = PythonIndexSource(configuredOn: self), let location = try? Location(index.address),
      let secret = HostCredentials().secret(for: location)
    else { return [] }
    let place = HostCredentials.Place(
      host: location.host, port: location.port, schemes: [location.scheme])
    return [HostCredentials.Entry(place, secret)]
  }

  /// `$NETRC`, else `~/.netrc`, which need not be there.
  private func netrcEntries() throws -> [HostCredentials.Entry] {
    if let path = environment["NETRC"], !path.isEmpty {
      try check(path, "cannot use the credentials that NETRC names", at: nil)
      return Netrc(parsing: text(of: path) ?? "").entries
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return [] }
    return text(of: "\(home)/.netrc").map { Netrc(parsing: $0).entries } ?? []
  }

  /// apt's own, as far as this user may read them.
  private func aptEntries() -> [HostCredentials.Entry] {
    var paths = ["/etc/apt/auth.conf"]
    let directory = "/etc/apt/auth.conf.d"
    if let raw = try? Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).release(),
      let names = try? directoryNames(raw, named: directory)
    {
      paths += names.map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasSuffix(".conf") }.sorted()
        .map { "\(directory)/\($0)" }
    }
    return paths.compactMap(text).flatMap { Netrc(parsing: $0, as: .apt).entries }
  }
}

extension ImageBuilder {
  /// This builder, with the network of a config. Offline, nobody is asked, and no file needs to be there.
  func reaching(
    _ configuration: GuestConfiguration, offline: Bool = false, mirror: String? = nil
  ) throws -> ImageBuilder {
    if offline && mirror?.hasPrefix("/") != false { return self }
    var builder = self
    builder.downloader = Downloader(try context.transferSettings(configuration.build.network))
    return builder
  }
}
