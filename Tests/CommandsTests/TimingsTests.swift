import Foundation
import Json
import TestSupport
import Testing

@Suite struct TimingsTests {
  private let site: BuildSite

  init() throws {
    let archive = try SignedArchive.shared.get()
    site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza])
  }

  private func build(_ arguments: [String]) throws -> ProgramResult {
    try site.run(["build"] + arguments + ["--until", "staged", "--progress", "none"])
  }

  @Test func `prints a table, whatever comes after the flag`() throws {
    for arguments in [["--timings", "guest"], ["guest", "--timings"]] {
      let result = try build(arguments)
      #expect(result.status == 0, "\(result.errors)")
      let rows = result.errors.split(separator: "\n").map { $0.split(separator: " ").first ?? "" }
      #expect(rows.starts(with: ["stage", "resolve"]) || rows.starts(with: ["stage", "stage"]), "\(rows)")
      #expect(rows.contains("all"))
    }
  }

  @Test func `draws a picture of what the ledger tells`() throws {
    let result = try build(["guest", "--timings=picture.svg"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("drew picture.svg\n"))
    let parser =
      "import sys, xml.dom.minidom as m; print(len(m.parse(sys.argv[1]).getElementsByTagName('rect')))"
    let count = try runTool("python3", ["-c", parser, "\(site.directory)/picture.svg"])
    #expect(try #require(Int(count.trimmingCharacters(in: .newlines))) > 8)
    #expect(
      site.names(in: "\(site.assets)/\(BuildSite.architecture)") == ["ledger.jsonl", "rootfs.ext4"])
  }

  @Test func `refuses a picture of another kind before it builds`() throws {
    let result = try build(["guest", "--timings=picture.png"])
    #expect(result.status == 2)
    #expect(result.errors.contains("expected a name that ends in .svg, found \"picture.png\""))
    #expect(site.names(in: "\(site.assets)/\(BuildSite.architecture)").isEmpty)
  }

  @Test func `the ledger is lines of JSON, one an event, and times never go back`() throws {
    #expect(try build(["guest"]).status == 0)
    let path = "\(site.assets)/\(BuildSite.architecture)/ledger.jsonl"
    let events = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONValue(parsing: String($0))
    }
    let seconds = events.compactMap { if case .number(let value)? = $0["seconds"] { value } else { nil } }
    #expect(seconds.count == events.count && seconds == seconds.sorted())
    for package in ["base", "greeting", "libgreeting"] {
      let own = events.filter { $0["text"]?.string == package }.compactMap { $0["event"]?.string }
      #expect(own == ["began", "ended"])
    }
  }
}
