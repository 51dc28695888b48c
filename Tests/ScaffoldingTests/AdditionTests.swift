import BuildModel
import Diagnosis
import GuestConfig
import Scaffolding
import TestSupport
import Testing

@Suite struct AdditionTests {
  private static let names = ["acme", "my-tools", "_a__b-", "3d", "ACME", String(repeating: "a", count: 63)]

  /// A guest with `additions`, as it loads.
  private func guest(with additions: [Addition]) throws -> GuestConfiguration {
    let scratch = try ScratchDirectory()
    let web = try #require(ShippedGuest.file("config/security/web.toml"))
    let build = try #require(ShippedGuest.file("config/build.toml"))
    try [build, web].write(below: scratch.file("guest"), replacing: false)
    let before = try GuestConfiguration(loading: scratch.file("guest"))
    try additions.map { $0.file(for: before) }.write(below: scratch.file("guest"), replacing: false)
    return try GuestConfiguration(loading: scratch.file("guest"))
  }

  @Test(arguments: names)
  func `a provider of any name loads`(name: String) throws {
    let configuration = try guest(with: [.provider(TableName(name, for: .provider))])
    #expect(configuration.providers.map(\.key) == [name])
    #expect(configuration.ignored == [])
    #expect(configuration.unusableSettingsKeys == [])
    let variable = try #require(configuration.providers[0].apiKey.environmentVariables.first?.value)
    #expect(variable.wholeMatch(of: /[A-Z_][A-Z0-9_]*_API_KEY/) != nil)
    let domain = try #require(configuration.providers[0].network.domains.first?.value)
    #expect(domain.wholeMatch(of: /api\.[a-z0-9]([a-z0-9-]*[a-z0-9])?\.com/) != nil)
  }

  @Test(arguments: names, [PackageManager.apt, .uv, .pip, .npm])
  func `a package set of any name and manager loads`(name: String, manager: PackageManager) throws {
    let configuration = try guest(with: [.packages(TableName(name, for: .packageSet), manager: manager)])
    let set = try #require(configuration.packageSets.first)
    #expect(set.key == name)
    #expect(set.manager == manager)
    #expect(configuration.ignored == [])
    #expect(!(set.network?.domains.isEmpty ?? true))
  }

  @Test(arguments: names, MCPServer.Transport.allCases)
  func `a tool server of any name and transport loads`(name: String, transport: MCPServer.Transport) throws {
    let configuration = try guest(with: [.server(TableName(name, for: .server), transport)])
    #expect(configuration.mcpServers.map(\.key) == [name])
    #expect(configuration.mcpServers.map(\.transport) == [transport])
    #expect(configuration.ignored == [])
  }

  @Test(arguments: [
    ("acme", "Acme"), ("my-tools", "My Tools"), ("a_b", "A B"), ("_x-", "X"), ("openAI2", "OpenAI2"),
  ])
  func `is shown by its name in words`(name: String, words: String) throws {
    #expect(try guest(with: [.provider(TableName(name, for: .provider))]).providers.map(\.name) == [words])
  }

  @Test func `what the default guest has comes as it is there`() throws {
    let anthropic = try Addition.provider(TableName("anthropic", for: .provider))
    #expect(anthropic.file(for: nil) == ShippedGuest.file("config/ai/anthropic.toml"))
    let python = try Addition.packages(TableName("python", for: .packageSet), manager: nil)
    #expect(python.file(for: nil) == ShippedGuest.file("config/packages/python.toml"))
    let configuration = try guest(with: [
      anthropic, python, .packages(TableName("apt", for: .packageSet), manager: .apt),
    ])
    #expect(InstallPlan(configuration).providers.map(\.key) == ["anthropic"])
  }

  @Test func `the sets that builds install have managers of their own`() throws {
    let python = try TableName("python", for: .packageSet)
    #expect(try Addition.packages(python, manager: .pip) == .packages(python, .pip))
    #expect(
      throws: Report(
        #"cannot add package set "python" with manager "apt": expected "uv" or "pip""#,
        hints: ["choose a name that says what the set is for, or leave out --manager"])
    ) { try Addition.packages(python, manager: .apt) }
    let set = try guest(with: [.packages(python, .pip)]).packageSets[0]
    #expect(set.manager == .pip)
  }

  @Test(arguments: [("tools", PackageManager.apt), ("cli", .npm), ("science", .uv)])
  func `a set of any name is installed by its manager`(name: String, manager: PackageManager) throws {
    let addition = try Addition.packages(TableName(name, for: .packageSet), manager: manager)
    let plan = InstallPlan(try guest(with: [addition]))
    let counts = [plan.apt.count, plan.npm.count, plan.python.count]
    #expect(counts == [PackageManager.apt, .npm, .uv].map { $0 == manager ? 1 : 0 })
  }

  @Test func `finds a table of that name in another file`() throws {
    let acme = try Addition.provider(TableName("acme", for: .provider))
    let scratch = try ScratchDirectory()
    let build = try #require(ShippedGuest.file("config/build.toml"))
    let other = ScaffoldFile("config/ai/others.toml", acme.file(for: nil).bytes)
    try [build, other].write(below: scratch.file("guest"), replacing: false)
    let configuration = try GuestConfiguration(loading: scratch.file("guest"))
    #expect(acme.duplicate(in: configuration)?.file == scratch.file("guest/config/ai/others.toml"))
    #expect(try Addition.provider(TableName("acme2", for: .provider)).duplicate(in: configuration) == nil)
    #expect(try acme.duplicate(in: guest(with: [acme])) == nil)
  }
}
