import Diagnosis
import Foundation
import Solver
import Testing
import TestSupport

@Suite struct RefusalTests {
  let fixture: SolverFixture

  init() throws { fixture = try SolverFixture() }

  private func archive() throws -> FixtureArchive {
    try fixture.archive {
      [FixturePackage].base
      FixturePackage("curl", "7.88")
      FixturePackage("curl", "7.74")
      FixturePackage("app", "1", depends: "lib (>= 2)")
      FixturePackage("lib", "1")
      FixturePackage("gone", "1", preDepends: "nowhere | elsewhere (<< 2)")
      FixturePackage("left", "1", conflicts: "right")
      FixturePackage("right", "1")
      FixturePackage("shell-killer", "1", conflicts: "shell")
    }
  }

  /// The whole of what the terminal shows, one part a line.
  private func refusal(_ packages: String...) throws -> String {
    let archive = try archive()
    let error = try #require(throws: SolverError.self) { try fixture.solve([archive], packages) }
    return ([error.summary] + error.causes + error.hints).joined(separator: "\n")
  }

  @Test func `names a package that does not exist, and its neighbour`() throws {
    #expect(
      try refusal("crul") == """
        cannot resolve crul: no source has a package of that name
        did you mean curl?
        """)
    #expect(try refusal("unheard-of") == "cannot resolve unheard-of: no source has a package of that name")
  }

  @Test func `lists the versions that exist`() throws {
    let known = "\n7.88 is in stable\n7.74 is in stable"
    #expect(try refusal("curl=8") == "cannot resolve curl=8: no source has that version" + known)
    #expect(try refusal("curl/sid") == "cannot resolve curl/sid: no source of that release has it" + known)
  }

  @Test func `leaves the choice between providers to the reader`() throws {
    #expect(
      try refusal("awk") == """
        cannot resolve awk: it is a virtual package
        name one that provides it: gawk, mawk
        """)
  }

  @Test func `says which dependency of which package is not met`() throws {
    #expect(
      try refusal("app") == "cannot resolve app 1: it depends on lib (>= 2), but lib 1 is the candidate")
    #expect(
      try refusal("gone") == """
        cannot resolve gone 1: it pre-depends on nowhere | elsewhere (<< 2), but nowhere is not in any source; \
        elsewhere is not in any source
        """)
  }

  @Test func `says which requests rule each other out`() throws {
    #expect(
      try refusal("left", "right")
        == "cannot resolve left 1: it conflicts with right, but right 1 is to be installed")
    #expect(try refusal("shell-killer").contains("conflicts with shell"))
    #expect(
      try refusal("curl=7.88", "curl=7.74") == """
        cannot resolve curl=7.88 and curl=7.74: only one version of a package can be installed
        remove one of them
        """)
  }

  @Test(arguments: [
    "", "Curl", "curl jq", "curl=", "curl/", "-curl", "curl:", "cu*", "?essential", "curl=1 2",
  ])
  func `refuses what is no request`(text: String) throws {
    #expect(try refusal(text).hasPrefix("cannot resolve \"\(text)\": expected "))
  }

  @Test func `refuses packages of another architecture`() throws {
    #expect(
      try refusal("curl:arm64") == """
        cannot resolve "curl:arm64": expected amd64 packages only, found arm64
        take :arm64 off; it is not needed for packages of architecture all
        """)
  }

  @Test func `refuses an index that is not there`() throws {
    let archive = try archive()
    let missing = archive.index()
    try FileManager.default.removeItem(atPath: missing)
    let error = try #require(throws: SolverError.self) { try fixture.solve([archive], []) }
    #expect(error.code == .missingIndex)
    #expect(error.summary == "cannot read main of stable: there is no file \(missing)")
  }

  @Test func `refuses a distribution without Essential packages`() throws {
    let archive = try fixture.archive { FixturePackage("curl", "1") }
    let error = try #require(throws: SolverError.self) { try fixture.solve([archive], ["curl"]) }
    #expect(error.code == .noEssentialPackages)
  }

  @Test func `refuses a source that would add words to sources.list`() throws {
    let archive = try archive()
    let error = try #require(throws: SolverError.self) {
      try fixture.solve([archive], []) { $0.sources[0].suite = "stable main\ndeb http://evil" }
    }
    #expect(error.code == .invalidRequest)
  }

  @Test func `refuses two sources with one index`() throws {
    let archive = try archive()
    let error = try #require(throws: SolverError.self) {
      try fixture.solve([archive], []) { $0.sources.append($0.sources[0]) }
    }
    #expect(error.code == .conflictingRequests)
  }

  @Test func `says that the child gave no answer`() throws {
    #expect(throws: SolverError.self) { try SolveChild.solution(from: []) }
    #expect(throws: Report.self) { try SolveChild.solution(from: SolveChild.main(Array("{}".utf8))) }
  }
}
