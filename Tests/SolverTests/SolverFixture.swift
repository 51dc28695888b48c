import Foundation
import Solver
import TestSupport

/// A scratch directory with archives in it, and solutions over them.
final class SolverFixture: Sendable {
  let scratch: String

  init() throws {
    scratch = FileManager.default.temporaryDirectory.path + "/solver-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  deinit {
    if ProcessInfo.processInfo.environment["KEEP_SCRATCH"] == nil {
      try? FileManager.default.removeItem(atPath: scratch)
    }
  }

  func archive(
    suite: String = "stable", release: [String: String] = [:],
    @FixtureBuilder<FixturePackage> _ packages: () -> [FixturePackage]
  ) throws -> FixtureArchive {
    try FixtureArchive(
      in: "\(scratch)/archive", suite: suite, release: release, packages: packages)
  }

  /// The private root of the solution stays at `scratch`/root, for other tools to look at.
  func solve(
    _ archives: [FixtureArchive], _ packages: [String], priorities: [String: Int] = [:],
    recommends: Bool = false, environment: [String: String] = [:],
    change: (inout SolverRequest) -> Void = { _ in }
  ) throws -> Solution {
    var request = SolverRequest(
      sources: archives.map { archive in
        SolverRequest.Source(
          name: archive.suite, uri: archive.uri, suite: archive.suite, release: archive.release,
          indexes: archive.components.map { .init(component: $0, path: archive.index(of: $0)) },
          priority: priorities[archive.suite])
      },
      architecture: "amd64", installsRecommends: recommends, packages: packages)
    change(&request)
    return try solve(request, environment: environment)
  }

  func solve(_ request: SolverRequest, environment: [String: String] = [:]) throws -> Solution {
    let root = "\(scratch)/root"
    try? FileManager.default.removeItem(atPath: root)
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let input = try SolveChild.input(for: request, scratch: root)
    let output = try runTool(SolverFixture.probe, [], input: input, environment: environment)
    return try SolveChild.solution(from: Array(output.utf8))
  }

  /// What the solution's first half wrote for its second.
  var status: String {
    get throws { try String(contentsOfFile: "\(scratch)/root/status", encoding: .utf8) }
  }

  func aptGet(_ archives: [FixtureArchive], recommends: Bool = false) throws -> AptGet {
    let root = "\(scratch)/apt-get"
    try? FileManager.default.removeItem(atPath: root)
    return try AptGet(
      in: root,
      sources: archives.map {
        "deb [trusted=yes] \($0.uri) \($0.suite) \($0.components.joined(separator: " "))"
      }, recommends: recommends)
  }

  /// Built beside the tests.
  private static let probe: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex) + "/SolveProbe"
  }()
}

extension Solution {
  /// "name version" in the order of unpacking.
  var essential: [String] { packages.filter(\.essential).map { "\($0.name) \($0.version)" } }
  var others: [String] { packages.filter { !$0.essential }.map { "\($0.name) \($0.version)" } }

  func version(of name: String) -> String? { packages.first { $0.name == name }?.version }
}

extension [FixturePackage] {
  /// A distribution as small as can be: Essential packages with a cycle and pre-dependencies, the
  /// alternative that brings `usrmerge`, and two required packages.
  static var base: [FixturePackage] {
    [
      FixturePackage("libc", "2.36", architecture: "amd64", multiArch: "same"),
      FixturePackage(
        "shell", "5.2", architecture: "amd64", depends: "libc (>= 2.30), awk",
        preDepends: "libc (>= 2.14)", essential: true, priority: "required"),
      FixturePackage("mawk", "1.3", provides: "awk", priority: "required"),
      FixturePackage("gawk", "5.2", depends: "libnumber", provides: "awk"),
      FixturePackage("libnumber", "6"),
      FixturePackage(
        "init-helpers", "1.65", depends: "usrmerge | usr-is-merged", essential: true,
        priority: "required"),
      FixturePackage("usrmerge", "35", depends: "perl-modules"),
      FixturePackage("usr-is-merged", "35", conflicts: "usrmerge"),
      FixturePackage("perl-modules", "5.36"),
      FixturePackage("apt", "2.6", depends: "libc, adduser", priority: "required"),
      FixturePackage("adduser", "3.134", depends: "login"),
      FixturePackage("login", "4.13", preDepends: "libc", priority: "required"),
    ]
  }
}
