import BuildModel
import Diagnosis
import GuestConfig
import Settings
import TestSupport
import Testing

@Suite struct BootSettingsTests {
  @Test func `the shipped guest's variables and files are those that its settings say`() throws {
    let guest = try GuestConfiguration(loading: "\(BuildSite.repository)/guest")
    let settings = BootSettings(guest)
    let variables = Dictionary(uniqueKeysWithValues: settings.environment.map { ($0.name, $0.value) })
    #expect(variables["TERM"] == "xterm-256color")
    #expect(variables["HOME"] == "/root")
    #expect(variables["PATH"]?.hasPrefix("/opt/ai-clis/bin:") == true)
    #expect(variables["SSL_CERT_FILE"] == "/etc/ssl/certs/ca-certificates.crt")
    // A switch says no as well as yes; a key that nobody gave is not there.
    #expect(["0", "1"].contains(variables["CAPSEM_ANTHROPIC_ALLOWED"]))
    #expect(["0", "1"].contains(variables["CAPSEM_WEB_ALLOW_READ"]))
    #expect(variables["ANTHROPIC_API_KEY"] == nil)
    let paths = settings.files.map(\.path)
    #expect(paths.contains("/root/.bashrc") && paths.contains("/root/.tmux.conf"))
    #expect(Set(paths).count == paths.count)
    #expect(settings.files.allSatisfy { !$0.content.isEmpty })
  }

  @Test func `no setting gets a variable into the guest that makes programs load something`() {
    let place = SourcePosition(file: "config/ai/acme.toml", line: 3, column: 2)
    var provider = GuestProvider(key: "acme", at: place)
    var file = GuestFile(at: place)
    (file.path, file.content) = ("/root/.acme", "")
    provider.files = [GuestProvider.NamedFile(id: "empty", file: file)]
    var configuration = GuestConfiguration(directory: "guest")
    configuration.providers = [provider]
    let settings = BootSettings(configuration)
    #expect(!settings.environment.contains { $0.name.hasPrefix("LD_") || $0.name == "BASH_ENV" })
    #expect(!settings.files.contains { $0.path == "/root/.acme" })
  }
}
