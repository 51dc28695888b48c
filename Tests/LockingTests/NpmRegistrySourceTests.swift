import Diagnosis
import Locking
import Testing

@Suite struct NpmRegistrySourceTests {
  private static let file = ConfigurationFile(
    path: "/home/me/.npmrc",
    text: """
      ; a comment
      registry = "https://npm.example/root/"
      @acme:registry=https://acme.example/
      //npm.example/root/:_authToken=${NPM_TOKEN}
      //acme.example/:_auth=dXNlcjpwYXNz
      //other.example/:username=me
      //other.example/:_password=c2VjcmV0
      [section]
      """)

  @Test func `reads the npmrc of the host's npm`() throws {
    let source = try NpmRegistrySource(
      configured: nil, environment: ["NPM_TOKEN": "t0ken"], files: [Self.file])
    #expect(source.registry(of: "semver") == "https://npm.example/root/")
    #expect(source.registry(of: "@acme/cli") == "https://acme.example/")
    #expect(source.origin == "/home/me/.npmrc")
    #expect(source.authorization(for: "https://npm.example/root/semver") == .bearer("t0ken"))
    #expect(source.authorization(for: "https://npm.example/else/semver") == nil)
    #expect(source.authorization(for: "https://npm.example.evil/root/semver") == nil)
    #expect(
      source.authorization(for: "https://acme.example/@acme%2fcli") == .basic(user: "user", password: "pass"))
    #expect(
      source.authorization(for: "https://other.example/x.tgz") == .basic(user: "me", password: "secret"))
  }

  @Test func `the config wins over the variable, and that over the files`() throws {
    let environment = ["npm_config_registry": "http://127.0.0.1:1/"]
    let variable = try NpmRegistrySource(configured: nil, environment: environment, files: [Self.file])
    #expect(variable.address == "http://127.0.0.1:1/")
    let config = try NpmRegistrySource(
      configured: "https://config.example/", environment: environment, files: [Self.file])
    #expect(config.address == "https://config.example/")
    let nobody = try NpmRegistrySource(configured: nil, environment: [:], files: [])
    #expect(nobody.address == nil)
    #expect(try nobody.completed(with: "https://own.example/").registry(of: "a") == "https://own.example/")
    #expect(try config.completed(with: "https://own.example/").address == "https://config.example/")
  }

  @Test func `asks for a package's page as npm does`() {
    #expect(NpmRegistrySource.page(of: "semver", at: "https://r.example/x/") == "https://r.example/x/semver")
    #expect(NpmRegistrySource.page(of: "@a/b", at: "https://r.example") == "https://r.example/@a%2fb")
  }

  @Test func `refuses a registry that is no web address`() {
    #expect(throws: Report.self) {
      try NpmRegistrySource(configured: nil, environment: ["npm_config_registry": "file:///x"], files: [])
    }
  }
}
