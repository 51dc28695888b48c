import Foundation
import Json
import TestSupport
import Testing

/// Second builds under a hostile environment.
extension BookwormBuildTests {
  /// The verdict of one run, and its circumstances: what of them was varied, and why the others were not.
  private func verify(
    _ site: BuildSite, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> (status: Int32, verdict: JSONValue, varied: Set<String>, others: [String: String]) {
    let result = try site.run(
      ["verify", "guest", "--json", "--progress", "none"] + arguments,
      environment: ["TMPDIR": "/var/tmp"].merging(environment) { $1 })
    let json = try JSONValue(parsing: result.output)
    let verdict = try #require(json[BuildSite.architecture], "\(result.errors)")
    var varied: Set<String> = []
    var others: [String: String] = [:]
    for circumstance in verdict["circumstances"]?.array ?? [] {
      let name = try #require(circumstance["name"]?.string)
      if circumstance["varied"] == .boolean(true) { varied.insert(name) }
      others[name] = circumstance["why"]?.string
    }
    return (result.status, verdict, varied, others)
  }

  private static let always: Set = [
    "home directory", "working directory", "umask", "locale", "time zone", "TMPDIR", "number of processors",
    "parallelism", "clock", "order of directories", "file system for staging", "free space",
  ]

  @Test(arguments: TestUser.available)
  func `verify varies what it can, says what it cannot, and finds the same bytes`(user: TestUser) throws {
    let site = try site(user)
    let (status, verdict, varied, others) = try verify(site, ["--offline"])
    #expect(status == 0, "\(verdict)")
    #expect(verdict["same"] == .boolean(true))
    #expect(verdict["difference"] == .null)
    let byRoot: Set = ["user", "sub-ids", "host name"]
    #expect(varied == (user == .root ? BookwormBuildTests.always.union(byRoot) : BookwormBuildTests.always))
    #expect(Set(others.keys) == (user == .root ? [] : byRoot))
    // No assets were there, and none came.
    #expect(site.names(in: site.assets) == [])
    #expect(try site.leftovers() == [])
  }

  @Test(arguments: TestUser.available)
  func `verify needs no secret for the second build`(user: TestUser) throws {
    let network = """

      [[build.network.credentials]]
      host = "mirror.test"
      token_env = "MIRROR_TOKEN"

      """
    let site = try site(user, extra: BookwormBuildTests.extra + network)
    let (status, verdict, _, _) = try verify(site, environment: ["MIRROR_TOKEN": "s3cret"])
    #expect(status == 0, "\(verdict)")
    #expect(verdict["same"] == .boolean(true))
    #expect(try site.leftovers() == [])
  }

  private static let chance = Result {
    try SignedArchive(packages: [
      FixturePackage("chance", "1") {
        postinst("od -An -N8 -tx8 /dev/urandom >/var/lib/drawn; nproc >/var/lib/counted")
      }
    ])
  }

  @Test func `verify names the path, the byte and the script of what differs`() throws {
    let site = try site()
    let archive = try BookwormBuildTests.chance.get()
    try site.configure(
      ["chance"],
      from: [
        .init(uri: BuildSite.hostArchive(of: "bookworm"), suite: "bookworm", keyring: nil), archive.stanza,
      ])
    let (status, verdict, _, _) = try verify(site)
    #expect(status == 1)
    #expect(verdict["same"] == .boolean(false))
    let files = verdict["difference"]?["files"]?.array ?? []
    #expect(files.map { $0["path"]?.string } == ["/var/lib/counted", "/var/lib/drawn"])
    for file in files {
      #expect(file["scripts"] == .array([.string("chance.postinst")]), "\(file)")
    }
    // "2" and "1" are what it counted.
    #expect(files.first?["first_byte"]?["offset"] == .number(0))
  }
}
