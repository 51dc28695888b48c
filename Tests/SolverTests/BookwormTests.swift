import Foundation
import Solver
import Testing
import TestSupport

extension Tag {
  @Tag static var network: Self
}

private let lists = "/var/lib/apt/lists"

/// The file of the host's lists whose name ends so, whichever mirror it is from.
private func list(_ ending: String) -> String? {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: lists)) ?? []
  return names.sorted().first { $0.hasSuffix(ending) }.map { "\(lists)/\($0)" }
}

private func index(of suite: String) -> String? {
  let stem = "_dists_\(suite)_main_binary-amd64_Packages"
  return list(stem + ".lz4") ?? list(stem)
}

private let suites = [
  ("main", "bookworm"), ("updates", "bookworm-updates"), ("security", "bookworm-security"),
]

/// The lists that the host's apt has fetched and verified; they change as Debian does.
@Suite(
  .tags(.network),
  .enabled("needs apt lists of bookworm in \(lists)") {
    suites.allSatisfy { index(of: $0.1) != nil }
  })
struct BookwormTests {
  static let packages = """
    coreutils util-linux procps psmisc findutils diffutils lsof strace file less man-db tmux grep sed gawk tar \
    gzip bzip2 xz-utils vim-tiny git gh curl ca-certificates wrk iproute2 iptables auditd python3 python3-pip \
    python3-venv
    """.split(separator: " ").map(String.init)

  @Test(arguments: [false, true])
  func `chooses and orders the default set as apt-get does`(recommends: Bool) throws {
    let fixture = try SolverFixture()
    let request = SolverRequest(
      sources: try suites.map { try source($0, in: fixture.scratch) },
      architecture: "amd64", installsRecommends: recommends, packages: BookwormTests.packages)
    let solution = try fixture.solve(request)

    let aptGet = try AptGet(
      in: "\(fixture.scratch)/apt-get",
      sources: suites.map { "deb http://mirror.invalid/\($0.0) \($0.1) main" },
      lists: "\(fixture.scratch)/root/lists", recommends: recommends)
    #expect(try solution.essential == aptGet.install([AptGet.essential, "usr-is-merged"]))
    try aptGet.setStatus(fixture.status)
    #expect(
      try solution.others == aptGet.install(BookwormTests.packages + [AptGet.required, "apt"]))

    let names = Set(solution.packages.map(\.name))
    #expect(names.count == solution.packages.count)
    #expect(names.isSuperset(of: BookwormTests.packages + ["apt", "usr-is-merged"]))
    #expect(!names.contains("usrmerge"))
    // python3 comes with pre-dependencies.
    #expect(solution.configureSteps.contains { $0.packages == ["python3-minimal"] })
  }

  private func source(
    _ suite: (name: String, suite: String), in scratch: String
  ) throws -> SolverRequest.Source {
    let (release, content) = ("\(scratch)/\(suite.name).Release", "\(scratch)/\(suite.name).Packages")
    try runTool(
      "gpgv",
      [
        "--keyring", "/usr/share/keyrings/debian-archive-keyring.gpg", "--output", release,
        try #require(list("_dists_\(suite.suite)_InRelease")),
      ])
    try runTool(
      "sh",
      [
        "-c", "/usr/lib/apt/apt-helper cat-file \"$1\" > \"$2\"", "sh",
        try #require(index(of: suite.suite)), content,
      ])
    return SolverRequest.Source(
      name: suite.name, uri: "http://mirror.invalid/\(suite.name)", suite: suite.suite,
      release: release, indexes: [.init(component: "main", path: content)])
  }
}
