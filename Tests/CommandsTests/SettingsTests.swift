import Foundation
import TestSupport
import Testing

@Suite struct SettingsTests {
  let site: BuildSite

  init() throws {
    site = try BuildSite()
    try site.configure(["greeting"])
  }

  @Test func `prints settings, needs no cache, and writes nothing`() throws {
    let before = try files(below: site.guest)
    let result = try site.run(["settings"], cache: "/nowhere")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("{\n  \"settings\": {\n    \"app\": {\n"))
    #expect(result.output.hasSuffix("\n  },\n  \"mcp\": {}\n}\n"))
    #expect(try files(below: site.guest) == before)
  }

  @Test func `writes what it prints, and leaves alone what is up to date`() throws {
    let printed = try site.run(["settings", "guest"]).output
    let written = try site.run(["settings", "guest", "--output", "defaults.json"])
    #expect(written.status == 0)
    #expect(written.output == "")
    #expect(written.errors == "wrote defaults.json\n")
    let file = "\(site.directory)/defaults.json"
    #expect(try contents(ofFile: file).map { String(decoding: $0, as: UTF8.self) } == printed)

    let time = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    #expect(try site.run(["settings", "guest", "--output", file]).errors == "\(file) is up to date\n")
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == time)

    try site.write("[resources]\nram_gb = 8\n", to: "guest/config/vm/resources.toml")
    #expect(try site.run(["settings", "guest", "--output", file]).errors == "wrote \(file)\n")
    #expect(site.names(in: site.directory).filter { $0.hasPrefix("defaults.json") } == ["defaults.json"])
  }

  @Test func `prints a schema without a guest`() throws {
    let result = try site.run(["settings", "nowhere", "--schema"])
    #expect(result.status == 0)
    #expect(result.output.contains("https://json-schema.org/draft/2020-12/schema"))
    #expect(try site.run(["settings", "nowhere"]).status == 1)
  }

  @Test func `refuses names that the host would misread`() throws {
    try site.write(
      """
      [web.search."a.b"]
      name = "Engine"
      domains = ["engine.example"]

      """, to: "guest/config/security/web.toml")
    let result = try site.run(["settings", "--output", "defaults.json"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot write the settings of guest: the host would misread 1 of its names
          cause: guest/config/security/web.toml:1:13: service "a.b": the parts of a setting's id are joined with dots
        hint: rename it in the config

        """)
    #expect(!site.names(in: site.directory).contains("defaults.json"))
  }

  @Test func `refuses to put a file in place of something else`() throws {
    let result = try site.run(["settings", "--output", "/dev/null"])
    #expect(result.status == 1)
    #expect(result.errors == "error: cannot replace /dev/null: it is not a regular file\n")
  }
}
