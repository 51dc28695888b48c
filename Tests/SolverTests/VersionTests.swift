import Solver
import Testing
import TestSupport

@Suite struct VersionTests {
  let fixture: SolverFixture

  init() throws { fixture = try SolverFixture() }

  private func stable() throws -> FixtureArchive {
    try fixture.archive(suite: "stable") {
      [FixturePackage].base
      FixturePackage("curl", "7.88", depends: "libcurl (= 7.88)")
      FixturePackage("libcurl", "7.88")
      FixturePackage("jq", "1.6")
      FixturePackage("jq", "1.5")
    }
  }

  private func backports(_ release: [String: String] = ["NotAutomatic": "yes"]) throws -> FixtureArchive {
    try fixture.archive(suite: "backports", release: release) {
      FixturePackage("curl", "8.10", depends: "libcurl (= 8.10)")
      FixturePackage("libcurl", "8.10")
      FixturePackage("shell", "5.3", architecture: "amd64", depends: "libc, awk", essential: true)
    }
  }

  @Test func `keeps to the suite that is automatic`() throws {
    let solution = try fixture.solve([try stable(), try backports()], ["curl"])
    #expect(solution.version(of: "curl") == "7.88")
    #expect(solution.packages.first { $0.name == "curl" }?.source == "stable")
  }

  @Test func `takes a package and what it needs from a release`() throws {
    let archives = [try stable(), try backports()]
    let solution = try fixture.solve(archives, ["curl/backports", "jq"])
    #expect(solution.version(of: "curl") == "8.10")
    #expect(solution.version(of: "libcurl") == "8.10")
    #expect(solution.version(of: "shell") == "5.2")
    let aptGet = try fixture.aptGet(archives)
    try aptGet.setStatus(fixture.status)
    #expect(try solution.others == aptGet.install(["curl/backports", "jq", AptGet.required, "apt"]))
  }

  @Test func `takes the version that is named`() throws {
    let solution = try fixture.solve([try stable()], ["jq=1.5"])
    #expect(solution.version(of: "jq") == "1.5")
  }

  @Test(arguments: ["shell=5.3", "shell/backports"])
  func `takes the named version of an Essential package, too`(spec: String) throws {
    let solution = try fixture.solve([try stable(), try backports()], [spec])
    #expect(solution.essential.contains("shell 5.3"))
    #expect(!solution.others.contains { $0.hasPrefix("shell ") })
  }

  @Test func `keeps what an Essential package took from a release`() throws {
    let archives = try [("old", "4"), ("new", "5")].map { suite, version in
      try fixture.archive(suite: suite) {
        FixturePackage("shell", version, depends: "login (= \(version))", essential: true)
        FixturePackage("login", version, priority: "required")
      }
    }
    let solution = try fixture.solve(archives, ["shell/old", "login"])
    #expect(solution.essential == ["login 4", "shell 4"])
    #expect(solution.others == [])
  }

  @Test func `prefers a source by its priority`() throws {
    let archives = [try stable(), try backports()]
    let solution = try fixture.solve(archives, ["curl"], priorities: ["backports": 500])
    #expect(solution.version(of: "curl") == "8.10")
    #expect(solution.version(of: "shell") == "5.3")
  }

  @Test func `leaves a newer version where the priority is lower`() throws {
    let archives = [try stable(), try backports([:])]
    #expect(try fixture.solve(archives, ["curl"]).version(of: "curl") == "8.10")
    let solution = try fixture.solve(archives, ["curl"], priorities: ["stable": 900])
    #expect(solution.version(of: "curl") == "7.88")
  }

  @Test func `reads an empty suite beside a full one`() throws {
    let empty = try fixture.archive(suite: "updates") {}
    let solution = try fixture.solve([try stable(), empty], ["jq"])
    #expect(solution.version(of: "jq") == "1.6")
  }

  @Test func `takes one request that is written twice`() throws {
    let solution = try fixture.solve([try stable()], ["jq", "jq=1.5", "jq=1.5", "jq:amd64"])
    #expect(solution.others.filter { $0.hasPrefix("jq ") } == ["jq 1.5"])
  }

  @Test(arguments: [
    ("1.0~rc1", "1.0"), ("1.0", "1.0-1"), ("1.9", "1.10"), ("2.0", "1:0.1"), ("1.0-1", "1.0-1+b1"),
    ("1.0-1~bpo12+1", "1.0-1"), ("1.0", "1.0+dfsg"), ("1.a", "1.+"),
  ])
  func `orders versions as dpkg does`(older: String, newer: String) throws {
    #expect(VersionOrder.compare(older, newer) < 0)
    #expect(VersionOrder.isBefore(older, newer))
    #expect(VersionOrder.compare(newer, older) > 0)
    #expect(VersionOrder.compare(older, older) == 0)
    try runTool("dpkg", ["--compare-versions", older, "lt", newer])
  }
}
