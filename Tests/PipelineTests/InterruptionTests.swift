import Foundation
import Glibc
import TestSupport
import Testing
import Threads

/// Builds that are ended from outside, over an archive that makes them wait where that is wanted.
@Suite struct InterruptionTests {
  /// What the archive's server keeps waiting for.
  enum Stall: String, CaseIterable, Sendable {
    case release = "InRelease"
    case index = "Packages.xz"
    case package = "greeting_2.0_all.deb"
  }

  static let cases: [(stall: Stall, signal: CInt)] = Stall.allCases.flatMap { stall in
    [SIGINT, SIGTERM].map { (stall, $0) }
  }

  @Test(arguments: cases)
  func `ends while it waits for a mirror, and the next build works`(stall: Stall, signal: CInt) throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    try archive.serve(on: server)
    let path = try #require(try files(below: archive.root).first { $0.hasSuffix("/\(stall.rawValue)") })
    let bytes = try #require(try contents(ofFile: "\(archive.root)/\(path)"))
    server.on("/\(path)", .stall(bytes, after: 20))
    let site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    try site.placeEarlierAssets()

    let run = try site.start(["build", "guest", "--until", "staged", "--progress", "json"])
    #expect(run.waits { _ in server.requests.contains { $0.path == "/\(path)" } })
    // Long enough for the rest to come to a stop.
    Stopwatch.pause(milliseconds: 100)
    let sent = Stopwatch.milliseconds
    run.send(signal)
    let result = try run.finish()
    #expect(Stopwatch.milliseconds - sent < 5_000)
    #expect(result.status == 128 + signal, "\(result.errors)")
    #expect(result.errors.hasSuffix("\ninterrupted\n"), "\(result.errors)")
    #expect(!result.errors.contains("error: "))
    #expect(try contents(ofFile: site.image) == Array("an earlier image".utf8))
    #expect(try site.leftovers() == [])

    server.on("/\(path)", .serve(bytes))
    #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
    try runTool("e2fsck", ["-fn", site.image])
  }

  @Test func `does not wait for other downloads when one has failed`() throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    try archive.serve(on: server)
    let pool = try archive.pool
    let slow = try #require(pool.first { $0.hasSuffix("/greeting_2.0_all.deb") })
    let absent = try #require(pool.first { $0.hasSuffix("/base_1_all.deb") })
    server.on("/\(slow)", .stall(try #require(try contents(ofFile: "\(archive.root)/\(slow)")), after: 1))
    server.on("/\(absent)", .status(404))
    let site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    let start = Stopwatch.milliseconds
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "none"])
    #expect(Stopwatch.milliseconds - start < 10_000)
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot fetch base 1 (all): no place that is known has it any more
          cause: \(server.url("/\(absent)")): not found (404)
        hint: `capsem-native lock --update-package base` locks the version that there is now
        hint: or name a snapshot archive with [build.apt] snapshot_mirror, or a mirror that has it with --mirror

        """)
    #expect(try site.leftovers() == [])
  }

  @Test func `a second signal ends it at once`() throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    try archive.serve(on: server)
    let site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    let path = try #require(try files(below: archive.root).first { $0.hasSuffix("/InRelease") })
    server.on("/\(path)", .stall([1, 2, 3], after: 1))
    let run = try site.start(["build", "guest", "--until", "staged"])
    #expect(run.waits { _ in !server.requests.isEmpty })
    run.send(SIGINT)
    run.send(SIGTERM)
    let result = try run.finish()
    #expect(result.status == 130 || result.status == 143, "\(result)")
    #expect(try site.leftovers().filter { !$0.hasPrefix("scratch") } == [])
  }

  @Test func `a build that was killed leaves no process, and the next one removes its files`() throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    try archive.serve(on: server)
    let path = try #require(try archive.pool.first { $0.hasSuffix("/greeting_2.0_all.deb") })
    let bytes = try #require(try contents(ofFile: "\(archive.root)/\(path)"))
    server.on("/\(path)", .stall(bytes, after: 20))
    let site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    try site.placeEarlierAssets()
    let run = try site.start(["build", "guest", "--until", "staged", "--progress", "json"])
    #expect(
      run.waits { _ in
        server.requests.contains { $0.path == "/\(path)" } && !site.names(in: "\(site.cache)/work").isEmpty
      })
    Stopwatch.pause(milliseconds: 200)
    run.send(SIGKILL)
    #expect(try run.finish().status == 137)
    #expect(try site.leftovers().filter { !$0.hasPrefix("workspace ") } == [])
    let left = site.names(in: "\(site.cache)/work")
    #expect(left.count == 1)
    #expect(try contents(ofFile: site.image) == Array("an earlier image".utf8))

    server.on("/\(path)", .serve(bytes))
    #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
    #expect(try site.leftovers() == [])
  }
}
