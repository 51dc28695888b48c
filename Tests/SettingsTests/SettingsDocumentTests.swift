import BuildModel
import Diagnosis
import GuestConfig
import Json
import Settings
import TestSupport
import Testing

@Suite struct SettingsDocumentTests {
  private let place = SourcePosition(file: "config/ai/acme.toml", line: 3, column: 2)

  private var acme: GuestProvider {
    var provider = GuestProvider(key: "acme", at: place)
    provider.name = "Acme"
    provider.apiKey.name = "Acme key"
    provider.apiKey.environmentVariables = [Located("ACME_KEY", at: place)]
    provider.network.domains = [Located("api.acme.example", at: place)]
    return provider
  }

  private func file(_ id: String, _ path: String) -> GuestProvider.NamedFile {
    var file = GuestFile(at: place)
    (file.path, file.content) = (path, "text")
    return GuestProvider.NamedFile(id: id, file: file)
  }

  private func settings(_ change: (inout GuestConfiguration) -> Void) throws -> JSONValue {
    var configuration = GuestConfiguration(directory: "guest")
    change(&configuration)
    return try JSONValue(parsing: SettingsDocument(configuration).text)
  }

  /// After an intended change: `capsem-native settings guest --output fixtures/settings/default.json`.
  @Test func `the shipped guest's settings are those of the fixture`() throws {
    let text = SettingsDocument(try GuestConfiguration(loading: "\(BuildSite.repository)/guest")).text
    let fixture = try contents(ofFile: "\(BuildSite.repository)/fixtures/settings/default.json")
    #expect(text == fixture.map { String(decoding: $0, as: UTF8.self) })
  }

  @Test func `the shipped guest has every setting that hosts know, with files of its own`() throws {
    let ids = try Self.leaves(
      SettingsDocument(GuestConfiguration(loading: "\(BuildSite.repository)/guest")).text)
    let files = ids.filter { $0.hasPrefix("ai.") && $0.split(separator: ".").count == 4 }
    #expect(
      files.sorted() == [
        "ai.anthropic.claude.settings_json", "ai.anthropic.claude.state_json",
        "ai.google.gemini.settings_json",
        "ai.google.gemini.trusted_folders_json", "ai.openai.codex.config_toml",
      ])
    #expect(ids.count - files.count == 60)
    #expect(Set(ids).count == ids.count)
  }

  @Test func `files of a provider without a command line are not lost`() throws {
    var provider = acme
    provider.files = [file("settings_json", "/root/.acme/settings.json"), file("notes", "/root/notes")]
    let without = try settings { $0.providers = [provider] }["settings"]?["ai"]?["acme"]
    #expect(without?["files"]?["name"] == .string("Acme files"))
    #expect(without?["files"]?["settings_json"]?["name"] == .string("Acme settings.json"))
    #expect(without?["files"]?["settings_json"]?["meta"] == .object(["filetype": .string("json")]))
    #expect(without?["files"]?["notes"]?["name"] == .string("Acme notes"))
    #expect(
      without?["files"]?["notes"]?["default"]
        == .object(["path": .string("/root/notes"), "content": .string("text")]))
    #expect(without?["files"]?["notes"]?["meta"] == nil)

    var cli = GuestProvider.CLI()
    (cli.key, cli.name) = ("acmecli", "Acme CLI")
    provider.cli = cli
    let with = try settings { $0.providers = [provider] }["settings"]?["ai"]?["acme"]
    #expect(with?["acmecli"]?["settings_json"]?["name"] == .string("Acme CLI settings.json"))
    #expect(with?["files"] == nil)

    provider.files = []
    #expect(try settings { $0.providers = [provider] }["settings"]?["ai"]?["acme"]?["acmecli"] == nil)
  }

  @Test(arguments: [
    (false, false, "{}"), (true, false, #"{"default":{"get":true}}"#),
    (false, true, #"{"default":{"post":true}}"#),
    (true, true, #"{"default":{"get":true,"post":true}}"#),
  ])
  func `rules name the methods that are permitted`(get: Bool, post: Bool, rules: String) throws {
    var provider = acme
    (provider.network.allowGet, provider.network.allowPost) = (get, post)
    let allow = try settings { $0.providers = [provider] }["settings"]?["ai"]?["acme"]?["allow"]
    #expect(try allow?["meta"]?["rules"] == JSONValue(parsing: rules))
  }

  @Test func `a tool server that is switched off arrives switched off`() throws {
    var server = MCPServer(key: "tools", at: place)
    (server.name, server.command, server.enabled) = ("Tools", "/bin/tools", false)
    #expect(
      try settings { $0.mcpServers = [server] }["mcp"]
        == JSONValue(
          parsing: """
            {"tools": {"name": "Tools", "description": "", "transport": "stdio", "command": "/bin/tools",
              "enabled": false}}
            """))
  }

  @Test func `only the code hosts that take a token have one`() throws {
    let services = ["github", "forge"].map { key in
      var service = WebService(key: key, at: place)
      service.name = key
      return service
    }
    let hosts = try settings { $0.web.repository = services }["settings"]?["repository"]?["providers"]
    #expect(hosts?["github"]?["token"]?["type"] == .string("apikey"))
    #expect(hosts?["forge"]?["allow"]?["type"] == .string("bool"))
    #expect(hosts?["forge"]?["token"] == nil)
  }

  @Test(arguments: [
    ("type", false), ("a.b", false), ("", false), ("name", false), ("types", true), ("a-b", true),
  ])
  func `a name that the host would misread is found, with its place`(key: String, isUsable: Bool) {
    var (provider, service) = (acme, WebService(key: key, at: place))
    provider.key = key
    service.name = "Service"
    var configuration = GuestConfiguration(directory: "guest")
    configuration.providers = [provider]
    configuration.web.search = [service]
    let found = configuration.unusableSettingsKeys
    #expect(found.map(\.position) == (isUsable ? [] : [place, place]))
  }

  @Test(arguments: [("allow", false), ("description", false), ("acme", true)])
  func `the group of a command line's files hides nothing beside it`(key: String, isUsable: Bool) {
    var provider = acme
    provider.cli = GuestProvider.CLI()
    provider.cli?.key = key
    var configuration = GuestConfiguration(directory: "guest")
    configuration.providers = [provider]
    #expect(configuration.unusableSettingsKeys == [])
    configuration.providers[0].files = [file("settings_json", "/root/settings.json")]
    #expect(configuration.unusableSettingsKeys.isEmpty == isUsable)
  }

  /// The ids of all leaves.
  private static func leaves(_ text: String) throws -> [String] {
    func walk(_ node: JSONValue, _ path: String) -> [String] {
      guard case .object(let members) = node, node["action"] == nil else { return [] }
      if node["type"] != nil { return [path] }
      return members.flatMap { walk($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }
    return walk(try #require(try JSONValue(parsing: text)["settings"]), "")
  }
}
