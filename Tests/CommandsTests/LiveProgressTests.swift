import Foundation
import Glibc
import TestSupport
import Testing
import Threads

/// What a person sees of a build at a terminal, judged by a terminal.
@Suite(.enabled("needs tmux", { Requirement.terminal })) struct LiveProgressTests {
  private let archive: SignedArchive
  private let server = LoopbackServer()
  private let site: BuildSite

  init() throws {
    archive = try SignedArchive.shared.get()
    try archive.serve(on: server)
    site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
  }

  private static let build = ["build", "guest", "--until", "staged"]

  /// The archive's server keeps the build waiting in the middle of this package.
  private func stall(_ package: String) throws {
    let path = try #require(try archive.pool.first { $0.hasSuffix("/\(package)") })
    let bytes = try #require(try contents(ofFile: "\(archive.root)/\(path)"))
    server.on("/\(path)", .stall(bytes, after: bytes.count / 2))
  }

  private func count(_ word: String, in lines: [String]) -> Int { lines.count { $0.contains(word) } }

  @Test func `leaves a line for each stage, and nothing that moved`() throws {
    let terminal = try TerminalSession(LiveProgressTests.build, in: site)
    #expect(try terminal.finish() == 0)
    let lines = try terminal.lines()
    for stage in ["resolve", "fetch", "stage", "image"] {
      #expect(count("✓ \(stage) ", in: lines) == 1, "\(lines)")
    }
    #expect(!lines.contains { $0.contains("▸") || $0.contains("━") }, "\(lines)")
    #expect(lines.last?.hasPrefix("tree ") == true)
    #expect(try terminal.isAtLineStart())
  }

  @Test func `shows a bar while it goes on, in windows of any width`() throws {
    try stall("greeting_2.0_all.deb")
    let terminal = try TerminalSession(LiveProgressTests.build, in: site, columns: 100)
    let wide = try terminal.waits { $0.contains { $0.contains("▸ fetch") && $0.contains(" of ") } }
    #expect(wide.contains { $0.contains("▸ fetch") && $0.contains("━") && $0.contains("─") }, "\(wide)")
    // tmux tells its programs late that they are resized: no step is so large that lines are broken meanwhile.
    for columns in [70, 55, 40, 120] {
      try terminal.resize(columns: columns, rows: 20)
      Stopwatch.pause(milliseconds: 500)
      let lines = try terminal.lines()
      #expect(count("✓ resolve", in: lines) == 1, "\(columns): \(lines)")
      #expect(count("▸ fetch", in: lines) == 1, "\(columns): \(lines)")
      #expect(lines.allSatisfy { $0.count <= columns })
    }
  }

  @Test func `time goes on while nothing happens`() throws {
    try stall("greeting_2.0_all.deb")
    let terminal = try TerminalSession(LiveProgressTests.build, in: site)
    _ = try terminal.waits { $0.contains { $0.contains("▸ fetch") && $0.contains("0.6 s") } }
    _ = try terminal.waits { $0.contains { $0.contains("▸ fetch") && $0.contains("1.2 s") } }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal leaves the terminal as it was`(signal: CInt) throws {
    try stall("greeting_2.0_all.deb")
    let terminal = try TerminalSession(LiveProgressTests.build, in: site)
    _ = try terminal.waits { $0.contains { $0.contains("▸ fetch") && $0.contains(" of ") } }
    try terminal.send(signal)
    #expect(try terminal.finish() == 128 + signal)
    let lines = try terminal.lines()
    #expect(!lines.contains { $0.contains("▸") }, "\(lines)")
    #expect(lines.last == "interrupted")
    #expect(try terminal.isAtLineStart())
  }

  @Test func `a terminal that cannot move its cursor gets plain lines`() throws {
    let terminal = try TerminalSession(LiveProgressTests.build, in: site, environment: ["TERM": "dumb"])
    #expect(try terminal.finish() == 0)
    #expect(count("stage …", in: try terminal.lines()) == 1)
  }

  @Test func `a pipe gets no control sequences`() throws {
    let result = try site.run(LiveProgressTests.build)
    #expect(result.status == 0)
    #expect(!result.errors.contains("\u{1b}") && !result.errors.contains("\r"))
  }
}
