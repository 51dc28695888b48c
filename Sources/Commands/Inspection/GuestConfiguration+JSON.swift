import BuildModel
import Diagnosis
import FileTree
import Json

extension GuestConfiguration {
  /// The whole config with its defaults. Keys are the config's own; an absent value is null, and tables
  /// with free names keep the order in which they were written.
  var json: JSONText {
    .object([
      ("build", build.json),
      ("manifest", .optional(image?.json)),
      ("ai_providers", .object(providers.map { ($0.key, $0.json) })),
      ("package_sets", .object(packageSets.map { ($0.key, $0.json) })),
      ("mcp_servers", .object(mcpServers.map { ($0.key, $0.json) })),
      ("web_security", web.json),
      ("vm_resources", resources.json),
      ("vm_environment", environment.json),
    ])
  }
}

extension JSONText {
  fileprivate static func integer(_ number: Int) -> JSONText { .number(Int64(number)) }
  fileprivate static func optional(_ value: JSONText?) -> JSONText { value ?? .null }
  fileprivate static func optional(_ text: String?) -> JSONText { text.map(JSONText.string) ?? .null }
  fileprivate static func optional(_ text: Located<String>?) -> JSONText { .optional(text?.value) }
  fileprivate static func strings(_ texts: [String]) -> JSONText { .array(texts.map(JSONText.string)) }
  fileprivate static func strings(_ texts: [Located<String>]) -> JSONText { strings(texts.map(\.value)) }
  fileprivate static func table(_ texts: [NamedText]) -> JSONText {
    .object(texts.map { ($0.name, .string($0.text)) })
  }
}

// MARK: build.toml and manifest.toml

extension GuestBuild {
  fileprivate var json: JSONText {
    .object([
      ("compression", .string(compression.rawValue)),
      ("compression_level", .integer(compressionLevel)),
      ("architectures", .object(architectures.map { ($0.name, $0.json) })),
      ("version_commands", .table(versionCommands)),
      ("image", image.json),
      ("apt", apt.json),
      ("node", .object([("source", .optional(node.source))])),
      ("npm", .object([("registry", .optional(npm.registry))])),
      ("kernel", kernel.json),
      ("guest", .object([("binaries", .boolean(guest.binaries)), ("ca", .boolean(guest.ca))])),
      ("host", .object([("version", .optional(host.version))])),
      ("network", network.json),
    ])
  }
}

extension NetworkSettings {
  fileprivate var json: JSONText {
    .object([
      ("ca_bundle", .optional(caBundle)),
      ("credentials", .array(credentials.map(\.json))),
    ])
  }
}

extension NetworkCredentials {
  /// Names of variables and files; the secrets are in them.
  fileprivate var json: JSONText {
    .object([
      ("host", .string(host.value)),
      ("username_env", .optional(usernameVariable)),
      ("password_env", .optional(passwordVariable)),
      ("token_env", .optional(tokenVariable)),
      ("client_certificate", .optional(clientCertificate)),
      ("client_key", .optional(clientKey)),
    ])
  }
}

extension GuestArchitecture {
  fileprivate var json: JSONText {
    .object([
      ("base_image", .string(baseImage.value)),
      ("docker_platform", .string(dockerPlatform)),
      ("rust_target", .string(rustTarget)),
      ("kernel_branch", .string(kernelBranch)),
      ("kernel_image", .string(kernelImage)),
      ("defconfig", .string(defconfig.value)),
      ("node_major", .integer(nodeMajor)),
    ])
  }
}

extension ImageSettings {
  fileprivate var json: JSONText {
    let size: JSONText =
      switch size {
      case .minimal: .string("minimal")
      case .bytes(let count): .number(count.bytes)
      }
    return .object([
      ("label", .string(label)),
      ("size", size),
      ("headroom", .number(headroom.bytes)),
      ("compress", .optional(compress?.rawValue)),
      ("publish_as", .optional(publishAs)),
    ])
  }
}

extension DebianSources {
  fileprivate var json: JSONText {
    .object([
      ("suite", .optional(suite)),
      ("mirror", .optional(mirror)),
      ("security_mirror", .optional(securityMirror)),
      ("keyring", .optional(keyring)),
      ("snapshot", .optional(snapshot)),
      ("snapshot_mirror", .optional(snapshotMirror)),
      ("recommends", .boolean(recommends)),
      ("image_sources", .optional(imageSources)),
      ("sources", .array(sources.map(\.json))),
    ])
  }
}

extension DebianSource {
  fileprivate var json: JSONText {
    .object([
      ("uris", .strings(uris)),
      ("suites", .strings(suites)),
      ("components", .strings(components)),
      ("signed_by", .optional(signedBy)),
      ("pin", .optional(pin.map(JSONText.integer))),
    ])
  }
}

extension KernelSettings {
  fileprivate var json: JSONText {
    .object([
      ("source", .optional(source)),
      ("version", .optional(version)),
      ("sha256", .optional(sha256?.value.hex)),
    ])
  }
}

extension GuestIdentity {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("version", .string(version)),
      ("description", .string(description)),
      (
        "changelog",
        .array(
          changelog.map { change in
            .object([
              ("version", .string(change.version)),
              ("date", .string(change.date)),
              ("changes", .strings(change.changes)),
            ])
          })
      ),
    ])
  }
}

// MARK: ai/*.toml

extension GuestProvider {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("description", .string(description)),
      ("enabled", .boolean(enabled)),
      ("api_key", apiKey.json),
      ("network", network.json),
      ("install", .optional(install?.json)),
      ("cli", .optional(cli?.json)),
      ("files", .object(files.map { ($0.id, $0.file.json) })),
    ])
  }
}

extension GuestProvider.APIKey {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("env_vars", .strings(environmentVariables)),
      ("prefix", .string(prefix)),
      ("docs_url", .optional(documentationURL)),
    ])
  }
}

extension GuestProvider.Network {
  fileprivate var json: JSONText {
    .object([
      ("domains", .strings(domains)),
      ("allow_get", .boolean(allowGet)),
      ("allow_post", .boolean(allowPost)),
    ])
  }
}

extension ProviderInstall {
  fileprivate var json: JSONText {
    .object(
      [
        ("manager", .string(manager.rawValue)),
        ("packages", .strings(packages)),
      ] + options.members)
  }
}

extension InstallOptions {
  fileprivate var members: [(String, JSONText)] {
    [
      ("prefix", .string(prefix)),
      ("sha256", .strings(digests.map(\.value.hex))),
      ("links", .table(links)),
      ("allow_scripts", .strings(allowScripts)),
      ("constraints", .strings(constraints)),
      ("allow_sdist", .strings(sources)),
    ]
  }
}

extension GuestProvider.CLI {
  fileprivate var json: JSONText {
    .object([
      ("key", .string(key)),
      ("name", .string(name)),
      ("description", .string(description)),
      ("version_command", .optional(versionCommand)),
    ])
  }
}

extension GuestFile {
  fileprivate var json: JSONText { .object([("path", .string(path)), ("content", .string(content))]) }
}

// MARK: packages/*.toml and mcp/*.toml

extension GuestPackageSet {
  fileprivate var json: JSONText {
    .object(
      [
        ("name", .string(name)),
        ("manager", .string(manager.rawValue)),
        ("install_cmd", .string(installCommand.value)),
        ("packages", .strings(packages)),
        ("version_commands", .table(versionCommands)),
        ("network", .optional(network?.json)),
      ] + options.members)
  }
}

extension GuestPackageSet.Network {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("domains", .strings(domains)),
      ("allow_get", .boolean(allowGet)),
    ])
  }
}

extension MCPServer {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("description", .string(description)),
      ("transport", .string(transport.rawValue)),
      ("command", .optional(command)),
      ("url", .optional(url)),
      ("args", .strings(arguments)),
      ("env", .table(environment)),
      ("headers", .table(headers)),
      ("builtin", .boolean(builtin)),
      ("enabled", .boolean(enabled)),
    ])
  }
}

// MARK: security/web.toml and vm/*.toml

extension WebPolicy {
  fileprivate var json: JSONText {
    func services(_ services: [WebService]) -> JSONText { .object(services.map { ($0.key, $0.json) }) }
    return .object([
      ("allow_read", .boolean(allowRead)),
      ("allow_write", .boolean(allowWrite)),
      ("custom_allow", .strings(customAllow)),
      ("custom_block", .strings(customBlock)),
      ("http_upstream_ports", .array(httpUpstreamPorts.map(JSONText.integer))),
      ("search", services(search)),
      ("registry", services(registry)),
      ("repository", services(repository)),
    ])
  }
}

extension WebService {
  fileprivate var json: JSONText {
    .object([
      ("name", .string(name)),
      ("enabled", .boolean(enabled)),
      ("domains", .strings(domains)),
      ("allow_get", .boolean(allowGet)),
      ("allow_post", .boolean(allowPost)),
    ])
  }
}

extension VMResources {
  fileprivate var json: JSONText {
    .object([
      ("cpu_count", .integer(cpuCount)),
      ("ram_gb", .integer(ramGB)),
      ("scratch_disk_size_gb", .integer(scratchDiskSizeGB)),
      ("log_bodies", .boolean(logBodies)),
      ("max_body_capture", .integer(maxBodyCapture)),
      ("retention_days", .integer(retentionDays)),
      ("max_sessions", .integer(maxSessions)),
      ("min_content_sessions", .integer(minContentSessions)),
      ("max_disk_gb", .integer(maxDiskGB)),
      ("terminated_retention_days", .integer(terminatedRetentionDays)),
    ])
  }
}

extension VMEnvironment {
  fileprivate var json: JSONText {
    .object([
      (
        "shell",
        .object([
          ("term", .string(shell.term)),
          ("home", .string(shell.home)),
          ("path", .string(shell.path.value)),
          ("lang", .string(shell.lang)),
          ("bashrc", .optional(shell.bashrc?.json)),
          ("tmux_conf", .optional(shell.tmuxConf?.json)),
        ])
      ),
      ("tls", .object([("ca_bundle", .string(tls.caBundle))])),
    ])
  }
}
