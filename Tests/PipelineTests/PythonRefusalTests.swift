import Foundation
import Glibc
import TestSupport
import Testing
import Threads

/// What can be wrong with the Python half of a build, while it resolves.
@Suite struct PythonRefusalTests {
  /// An archive with what resolving looks at: the interpreter's version and the C library's.
  private static let archive = Result {
    try SignedArchive(
      packages: SignedArchive.packages + [
        FixturePackage("python3", "3.11.2-1+b1", depends: "libc6"), FixturePackage("libc6", "2.36-9"),
      ])
  }

  private func site(_ debian: [String], python: [String]) throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(debian, from: [try PythonRefusalTests.archive.get().stanza])
    try site.write(
      """
      [python]
      name = "Python packages"
      manager = "uv"
      install_cmd = "uv pip install"
      packages = [\(python.map { "\"\($0)\"" }.joined(separator: ", "))]

      """, to: "guest/config/packages/python.toml")
    try site.placeEarlierAssets()
    return site
  }

  private func refusal(_ site: BuildSite, index: String? = nil) throws -> String {
    let result = try site.run(
      ["build", "guest", "--until", "staged", "--progress", "none"],
      environment: index.map { ["PIP_INDEX_URL": $0] } ?? [:])
    #expect(result.status == 1)
    #expect(try contents(ofFile: site.image) == Array("an earlier image".utf8))
    #expect(try site.leftovers() == [])
    return result.errors
  }

  @Test func `says that Python packages need Python`() throws {
    let site = try site(["greeting"], python: ["six"])
    #expect(
      try refusal(site) == """
        error: cannot install Python packages: python3 is not among the Debian packages
        hint: add "python3" to guest/config/packages/apt.toml

        """)
  }

  @Test func `names an index that does not answer`() throws {
    let site = try site(["python3"], python: ["six"])
    let base = "http://127.0.0.1:\(LoopbackServer.freePort())/simple"
    let said = try refusal(site, index: base)
    #expect(said.hasPrefix("error: cannot fetch \(base)/uv/: "), "\(said)")
    #expect(said.contains("\nhint: "), "\(said)")
  }

  @Test func `says when an index has a project for other machines only`() throws {
    let server = LoopbackServer()
    let digest = String(repeating: "0", count: 64)
    server.on(
      "/simple/uv/",
      .status(
        200, headers: ["Content-Type": "text/html"],
        body: "<a href=\"/uv-1.0-py3-none-win32.whl#sha256=\(digest)\">uv-1.0-py3-none-win32.whl</a>"))
    let said = try refusal(try site(["python3"], python: ["six"]), index: server.url("/simple"))
    #expect(
      said.hasPrefix(
        "error: cannot choose a version of uv: expected a wheel of any version for Python 3.11 on "))
    #expect(
      said.hasSuffix(
        """
        , found none
          cause: 1.0 has uv-1.0-py3-none-win32.whl
        hint: the index may be incomplete: name another in PIP_INDEX_URL, or as index-url in pip.conf

        """), "\(said)")
  }

  @Test func `ends while it waits for an index`() throws {
    let server = LoopbackServer()
    server.on("/simple/uv/", .stall([1, 2, 3], after: 1))
    let site = try site(["python3"], python: ["six"])
    let run = try site.start(["lock", "guest"], environment: ["PIP_INDEX_URL": server.url("/simple")])
    #expect(run.waits { _ in !server.requests.isEmpty })
    let sent = Stopwatch.milliseconds
    run.send(SIGHUP)
    let result = try run.finish()
    #expect(Stopwatch.milliseconds - sent < 5_000)
    #expect(result.status == 129, "\(result.errors)")
    #expect(result.errors.hasSuffix("\ninterrupted\n"))
    #expect(site.names(in: site.guest) == ["artifacts", "config"])
    #expect(try site.leftovers() == [])
  }

  /// By uv itself, from the index that the host's own clients ask.
  @Test(.tags(.network), .enabled("needs the host's mirrors", { Requirement.bookworm }))
  func `says when there is no wheel for the Python of the image`() throws {
    // Its last wheels are for Python 3.9.
    let said = try refusal(try site(["python3"], python: ["numpy==1.19.5"]))
    #expect(said.hasPrefix("error: cannot resolve Python packages for Python 3.11 on "), "\(said)")
    #expect(said.contains("numpy==1.19.5 has no usable wheels"), "\(said)")
    #expect(said.contains("\nhint: ask for a version that has a wheel for Python 3.11 on "), "\(said)")
  }
}
