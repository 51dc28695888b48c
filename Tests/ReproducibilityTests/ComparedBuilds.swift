import Foundation
import Glibc
import TestSupport
import Testing

/// One set, locked once and built under several circumstances.
struct ComparedBuilds {
  let set: ReproducibleSet
  private let first: BuildSite
  /// One image of them all.
  private(set) var sha256 = ""
  private(set) var images = 0
  private(set) var differing = 0

  init(of set: ReproducibleSet) throws {
    self.set = set
    first = try BuildSite(.ordinary)
    try set.configure(first)
    let lock = try first.run(["lock", "guest", "--progress", "none"])
    guard lock.status == 0 else { throw ToolFailure(description: "lock \(set): \(lock.errors)") }
  }

  /// The build that the others are compared with. Its cache holds no package yet.
  mutating func buildReference() throws {
    let result = try run([.reference], on: first)
    #expect(fetches(result), "\(set): the cache is not cold")
    sha256 = try ComparedBuilds.sha256(of: first.image)
    images += 1
  }

  /// Builds once more, from the same lock and downloads, and compares.
  mutating func compare(_ circumstances: [Circumstance]) throws {
    let user = circumstances.compactMap(\.user).last ?? .ordinary
    let site = try BuildSite(user)
    try runTool("rm", ["-rf", site.guest])
    try runTool("cp", ["-a", first.guest, site.guest])
    try user.own(site.guest)
    let result = try run(circumstances, on: site)
    #expect(!fetches(result), "\(set): the cache is not warm")
    images += 1
    if try ComparedBuilds.sha256(of: site.image) == sha256 { return }
    differing += 1
    let names = circumstances.map(\.name).joined(separator: ", ")
    Issue.record("\(set) differs \(names): \(try differences(from: site))")
  }

  /// A whole default image is larger than what a test should hold in memory.
  private static func sha256(of file: String) throws -> String {
    String(try runTool("sha256sum", ["--", file]).prefix(64))
  }

  /// Entries of one tree and not of the other.
  private func differences(from site: BuildSite) throws -> String {
    let trees = try [first.image, site.image].map { image in
      Set(try runTool(BuildSite.built, ["inspect", "--tree", image]).split(separator: "\n"))
    }
    let lines =
      trees[0].subtracting(trees[1]).map { "- \($0)" } + trees[1].subtracting(trees[0]).map { "+ \($0)" }
    if lines.isEmpty { return "the trees are the same, the layouts are not" }
    return lines.sorted { $0.dropFirst(2) < $1.dropFirst(2) }.prefix(40).map { "\n  \($0)" }.joined()
  }

  private func fetches(_ events: String) -> Bool { events.contains("\"stage\":\"fetch\"") }

  // MARK: One build

  /// Builds, and shows each circumstance to be in force. Returns the events.
  private func run(_ circumstances: [Circumstance], on site: BuildSite) throws -> String {
    var environment: [String: String] = [:]
    for circumstance in circumstances { environment.merge(circumstance.environment) { $1 } }
    let cache = "\(site.cache)/\(circumstances.contains { $0.clockIsAhead } ? ClockFixture.mark : "place")"
    let script = try setUp(circumstances, on: site, cache: cache)
    let inside =
      (TestUser.isRoot ? ["/usr/bin/unshare", "--mount", "--uts"] : []) + ["/bin/sh", "-euc", script, "sh"]
    let result = try site.run(
      ["build", "guest", "--locked", "--progress", "json"]
        + (circumstances.contains(where: \.stagesInCache) ? ["--keep"] : []), inside: inside, cache: cache,
      environment: environment)
    guard result.status == 0 else {
      throw ToolFailure(description: "\(set), \(circumstances): \(result.errors.suffix(4000))")
    }
    let outside = Probe.answers(in: result.errors, "outside")
    let answers = Probe.answers(in: result.errors, "inside")
    #expect(outside.count == Probe.allCases.count && answers.count == Probe.allCases.count)
    for circumstance in circumstances {
      for (probe, answer) in circumstance.outside {
        #expect(outside[probe] == answer, "\(set), \(circumstance): \(probe) outside")
      }
      for (probe, answer) in circumstance.inside {
        #expect(answers[probe] == answer, "\(set), \(circumstance): \(probe) inside")
      }
    }
    #expect(answers[.ids] == String(try site.user.firstSubordinateID), "\(set), \(circumstances)")
    return result.errors
  }

  /// What comes before the program: the cache's place, the downloads in it, the circumstances, and what
  /// a shell sees of them at that moment.
  private func setUp(_ circumstances: [Circumstance], on site: BuildSite, cache: String) throws -> String {
    let objects = "\(first.cache)/place/objects"
    var lines = [
      "site=\(site.directory)", "cache=\(site.cache)", "objects=\(objects)",
      "clock=\(try ClockFixture.library.get())",
    ]
    lines += circumstances.map(\.place)
    lines.append("mkdir -p \(cache)")
    if site !== first {
      // By a mount where that can be had, for a copy of the downloads would fill a tmpfs.
      lines.append(
        TestUser.isRoot
          ? "mkdir \(cache)/objects; mount --bind $objects \(cache)/objects"
          : "cp -al $objects \(cache)/objects")
    }
    lines.append("chown --reference=$site/home $cache \(cache)")
    lines += circumstances.map(\.setting)
    lines.append("{ \(Probe.script("outside"))} >&2")
    lines.append("exec \"$@\"")
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
