import BuildModel
import Diagnosis

extension SettingsGroup {
  static func providers(_ providers: [GuestProvider]) -> SettingsGroup {
    var group = SettingsGroup(
      "AI providers", "Whose models the guest may use, and with which keys.", collapsed: false)
    for provider in providers { group.add(provider.key, .provider(provider)) }
    return group
  }

  private static func provider(_ provider: GuestProvider) -> SettingsGroup {
    let (key, network) = (provider.apiKey, provider.network)
    let variable = key.environmentVariables.first?.value ?? ""
    var group = SettingsGroup(
      provider.name, provider.description, enabledBy: "ai.\(provider.key).allow", collapsed: false)
    group.add(
      "allow",
      SettingsLeaf(
        "Allow \(provider.name)",
        "Let the guest reach \(provider.name) (\(network.domains.first?.value ?? "")), and give it \(variable).",
        .bool(provider.enabled), .rules(get: network.allowGet, post: network.allowPost)))

    var meta: [SettingsLeaf.Meta] = [.environment(key.environmentVariables.map(\.value))]
    if let address = key.documentationURL, !address.isEmpty { meta.append(.documentation(address)) }
    if !key.prefix.isEmpty { meta.append(.prefix(key.prefix)) }
    group.add(
      "api_key",
      SettingsLeaf(
        key.name, "Your key for \(provider.name). The guest finds it in \(variable).", .apikey(""), meta: meta
      ))
    group.add(
      "domains",
      SettingsLeaf(
        "\(provider.name) domains", "Domains that belong to \(provider.name), separated by commas.",
        .text(network.domains.map(\.value).joined(separator: ", "))))

    guard !provider.files.isEmpty else { return group }
    let owner = provider.cli?.name ?? provider.name
    var files = SettingsGroup(
      provider.cli?.name ?? "\(provider.name) files",
      provider.cli?.description ?? "Files for programs that use \(provider.name).")
    for file in provider.files { files.add(file.id, .file(file, of: owner)) }
    group.add(provider.filesKey, files)
    return group
  }
}

extension SettingsLeaf {
  fileprivate static func file(_ file: GuestProvider.NamedFile, of owner: String) -> SettingsLeaf {
    let (known, path) = (KnownFile(rawValue: file.id), file.file.path)
    var description = "Content of \(path)."
    if let purpose = known?.purpose { description += " \(purpose)" }
    // The host goes by the path.
    if path.hasSuffix("/settings.json") || path.hasSuffix("/config.toml") || path == "/root/.claude.json" {
      description += " The host adds the tool servers."
    }
    return SettingsLeaf(known?.name(of: owner) ?? "\(owner) \(file.id)", description, file.file)
  }

  /// The host writes it when the guest starts.
  init(_ name: String, _ description: String, _ file: GuestFile) {
    self.init(
      name, description, .file(path: file.path, content: file.content),
      meta: SettingsLeaf.fileType(of: file.path).map { [.fileType($0)] } ?? [])
  }

  /// What an editor may highlight.
  private static func fileType(of path: String) -> String? {
    let types = [
      (".json", "json"), (".toml", "toml"), (".conf", "conf"), (".bashrc", "bash"), (".bash", "bash"),
    ]
    return types.first { path.hasSuffix($0.0) }?.1
  }
}

/// Ids of files that several command lines share, with a name and purpose for people.
private enum KnownFile: String {
  case settings = "settings_json"
  case state = "state_json"
  case credentials = "credentials_json"
  case config = "config_toml"
  case projects = "projects_json"
  case trustedFolders = "trusted_folders_json"
  case installation = "installation_id"
  case googleCredentials = "google_adc_json"

  func name(of owner: String) -> String {
    switch self {
    case .settings: "\(owner) settings.json"
    case .state: "\(owner) state"
    case .credentials: "\(owner) credentials"
    case .config: "\(owner) config.toml"
    case .projects: "\(owner) projects"
    case .trustedFolders: "\(owner) trusted folders"
    case .installation: "\(owner) installation id"
    case .googleCredentials: "Google Cloud credentials"
    }
  }

  var purpose: String? {
    switch self {
    case .state: "Answers the questions of a first start."
    case .credentials: "Signs you in without an API key."
    case .projects: "Folders that it has seen."
    case .trustedFolders: "Folders in which it asks no permission."
    case .settings, .config, .installation: nil
    case .googleCredentials: "Application default credentials of Google Cloud."
    }
  }
}
