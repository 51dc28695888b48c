import Foundation
import TestSupport
import Testing

/// Archives of one's own: each believed by its own keys, and chosen from by its pin.
@Suite struct OwnArchivesTests {
  private let ours: SignedArchive
  private let theirs: SignedArchive
  private let server = LoopbackServer()

  init() throws {
    ours = try SignedArchive()
    // The newer version, of another key.
    theirs = try SignedArchive(packages: [FixturePackage("libgreeting", "1.5")])
    for (archive, base) in [(ours, "/ours"), (theirs, "/theirs")] {
      for name in try files(below: archive.root) {
        server.on("\(base)/\(name)", .serve(try contents(ofFile: "\(archive.root)/\(name)") ?? []))
      }
    }
  }

  private func source(_ base: String, _ keyring: String, pin: Int?) -> String {
    let stanza = BuildSite.SourceStanza(uri: server.url(base), suite: "stable", keyring: keyring)
    return BuildSite.text(of: stanza) + (pin.map { "pin = \($0)\n" } ?? "")
  }

  private func lock(_ sources: String...) throws -> (site: BuildSite, result: ProgramResult) {
    let site = try BuildSite()
    try site.configure(["greeting"], extra: sources.joined())
    return (site, try site.run(["lock", "guest", "--progress", "none"]))
  }

  @Test(
    arguments: [
      (500, 990, "1.5", "/theirs"), (990, 500, "1.0", "/ours"), (500, -1, "1.0", "/ours"),
      (nil, nil, "1.5", "/theirs"),
    ] as [(Int?, Int?, String, String)])
  func `the pins decide which archive a package comes from`(
    first: Int?, second: Int?, version: String, base: String
  ) throws {
    let (site, result) = try lock(
      source("/ours", ours.keyring, pin: first), source("/theirs", theirs.keyring, pin: second))
    #expect(result.status == 0, "\(result.errors)")
    let built = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(built.status == 0, "\(built.errors)")
    let packages = try site.run(["inspect", site.image, "--packages"]).output
    #expect(packages.contains("libgreeting"), "\(packages)")
    #expect(
      packages.split(separator: "\n").contains { $0.hasPrefix("libgreeting") && $0.contains(version) },
      "\(packages)")
    let fetched = server.requests.map(\.path).filter { $0.contains("/libgreeting_") }
    #expect(fetched.allSatisfy { $0.hasPrefix("\(base)/") } && !fetched.isEmpty, "\(fetched)")
  }

  @Test func `no archive is believed by the keys of another`() throws {
    let (site, result) = try lock(
      source("/ours", ours.keyring, pin: nil), source("/theirs", ours.keyring, pin: nil))
    #expect(result.status == 1)
    #expect(
      result.errors.contains("error: cannot verify \(server.url("/theirs"))/dists/stable/InRelease: "),
      "\(result.errors)")
    #expect(try contents(ofFile: "\(site.guest)/capsem.lock") == nil)
  }
}
