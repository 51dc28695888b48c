import BuildModel
import Diagnosis
import GuestConfig
import Json

/// `ai/*.toml`
extension Findings {
  mutating func checkProviders() {
    var users: [String: String] = [:]
    for provider in guest.configuration.providers {
      checkDomains(provider.network.domains, of: "provider \(quoted(provider.key))")
      for variable in provider.apiKey.environmentVariables {
        checkVariable(variable.value, at: variable.position)
        if let user = users[variable.value], user != provider.key {
          add(
            .sharedVariable, at: variable.position,
            "environment variable \(quoted(variable.value)) is used by provider \(quoted(user)), too",
            hint: "give each provider a variable of its own, unless they really share a key")
        }
        users[variable.value] = users[variable.value] ?? provider.key
      }
      for file in provider.files { checkFile(file, of: provider) }
      checkCommandLine(of: provider)
      if provider.enabled, guest.isSound("\(provider.key).enabled", in: provider.position.file),
        let install = provider.install
      {
        checkInstall(install, of: provider)
      }
    }
  }

  private mutating func checkCommandLine(of provider: GuestProvider) {
    let file = provider.position.file
    guard provider.enabled, let cli = provider.cli, (cli.versionCommand ?? "").isEmpty,
      guest.isSound("\(provider.key).enabled", in: file),
      guest.isSound("\(provider.key).cli.version_command", in: file)
    else { return }
    add(
      .noVersionCommand, at: guest.position(of: provider.key, "cli", "version_command", in: file),
      "provider \(quoted(provider.key)) has a cli without version_command",
      hint: "version_command = \"\(cli.key.isEmpty ? provider.key : cli.key) --version\"")
  }

  private mutating func checkFile(_ named: GuestProvider.NamedFile, of provider: GuestProvider) {
    let source = provider.position.file
    let (file, id) = (named.file, named.id)
    if !file.path.hasPrefix("/"), guest.isSound("\(provider.key).files.\(id).path", in: source) {
      add(
        .relativePath, at: file.pathPosition, "path must be absolute: \(quoted(file.path))",
        hint: "the guest's user is root: \(quoted("/root/\(file.path)"))")
    }
    if file.path.hasSuffix(".json"), !file.content.isEmpty {
      do throws(JSONProblem) {
        _ = try JSONValue(parsing: file.content)
      } catch {
        add(
          .invalidJSON,
          at: guest.position(
            ofByte: file.content.byteOffset(line: error.line, column: error.column), of: file.content,
            writtenAt: file.contentPosition),
          "invalid JSON for \(file.path): line \(error.line), column \(error.column): \(error.reason)")
      }
    }
    checkSecret(in: file.content, writtenAt: file.contentPosition, of: "the content of \(file.path)")
    let text = file.content.trimmed
    if ["TODO", "FIXME", "CHANGEME", "REPLACE_ME", "XXX"].contains(text.uppercased()) {
      add(
        .placeholder, at: file.contentPosition,
        "the content of \(file.path) is the placeholder \(quoted(text))",
        hint: "write the content, or remove \(provider.key).files.\(id)")
    }
  }

  /// What keeps the program of an enabled provider from being installed.
  private mutating func checkInstall(_ install: ProviderInstall, of provider: GuestProvider) {
    let file = provider.position.file
    let key = "\(provider.key).install"
    guard guest.isSound("\(key).manager", in: file) else { return }
    let managerPosition = guest.position(of: provider.key, "install", "manager", in: file)
    switch install.manager {
    case .uv, .pip:
      if !install.packages.isEmpty {
        checkPython(for: "provider \(quoted(provider.key))", at: managerPosition)
      }
    case .apt, .npm, .curl: break
    }
    if install.packages.isEmpty, guest.isSound("\(key).packages", in: file) {
      add(
        .nothingToInstall, at: guest.position(of: provider.key, "install", "packages", in: file),
        "provider \(quoted(provider.key)) has an install table and nothing to install",
        hint: "name its packages, or remove the table")
    }
    checkPackageNames(install.packages, of: install.manager)
    guard install.manager == .curl else { return }
    checkFiles(
      install.packages, digests: install.options.digests, key: key, of: "provider \(quoted(provider.key))",
      in: file)
  }

  mutating func checkVariable(_ name: String, at position: SourcePosition) {
    let isName =
      name.utf8.first.map { !($0.isDigit) } ?? false
      && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    if isName { return }
    add(
      .variableName, at: position, "\(quoted(name)) is no name of an environment variable",
      hint: "letters, digits and underscores, and no digit first")
  }

  mutating func checkSecret(in text: String, writtenAt position: SourcePosition, of place: String) {
    guard let secret = Secret.first(in: text) else { return }
    add(
      .secret, at: guest.position(ofByte: secret.offset, of: text, writtenAt: position),
      "\(place) holds what looks like \(secret.kind)",
      hint: "remove it, and revoke it if it was ever shared: the host hands keys to the guest by itself")
  }
}
