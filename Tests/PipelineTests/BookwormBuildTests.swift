import Foundation
import Glibc
import TestSupport
import Testing
import Threads

extension Tag {
  @Tag static var network: Self
}

/// Whole images of Debian's own packages, from the archives that the host's apt uses.
@Suite(.tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }))
struct BookwormBuildTests {
  /// Its cache serves all tests here, but for those that are about a cache.
  private static let warm = Result { try WarmSite() }

  /// One site with the finished image.
  private final class WarmSite: Sendable {
    let site: BuildSite
    let image: String?
    let result: ProgramResult

    init() throws {
      site = try BuildSite()
      try site.configure(["less"], extra: BookwormBuildTests.extra)
      result = try site.run(["build", "guest"])
      image = try site.digest(site.image)
    }
  }

  /// What every build of the same config makes.
  static var warmImage: String? { try? warm.get().image }
  static var warmCache: String { get throws { try warm.get().site.cache } }

  static let extra = "\n[build.image]\npublish_as = \"old-name.img\"\n"

  /// A site whose cache has all packages; its own, so that its workspaces can be told from others'.
  func site(_ user: TestUser = .ordinary, extra: String = BookwormBuildTests.extra) throws
    -> BuildSite
  {
    let warm = try BookwormBuildTests.warm.get().site
    let site = try BuildSite(user)
    for name in ["objects", "records"] {
      try runTool("cp", ["-a", "\(warm.cache)/\(name)", site.cache])
    }
    try user.own(site.cache)
    try site.configure(["less"], extra: extra)
    return site
  }

  @Test func `makes an image that Debian's tools find sound`() throws {
    let warm = try BookwormBuildTests.warm.get()
    let site = warm.site
    #expect(warm.result.status == 0, "\(warm.result.errors)")
    #expect(warm.result.errors.hasPrefix("resolve …\n"))
    #expect(try site.leftovers() == [])
    try runTool("e2fsck", ["-fn", site.image])
    func read(_ path: String) throws -> String { try runTool("debugfs", ["-R", "cat \(path)", site.image]) }
    #expect(try read("/usr/lib/os-release").contains("\nVERSION_CODENAME=bookworm\n"))
    let status = "\(site.directory)/runs/status"
    try read("/var/lib/dpkg/status").write(toFile: status, atomically: false, encoding: .utf8)
    let list = try runTool(
      "dpkg-query", ["--admindir=\(site.directory)/runs", "-W", "-f", "${Status} ${Package}\n"])
    #expect(list.contains("install ok installed less\n"))
    #expect(list.split(separator: "\n").allSatisfy { $0.hasPrefix("install ok installed ") })
    #expect(try runTool("debugfs", ["-R", "stat /etc/shadow", site.image]).contains("Group:    42"))
    #expect(
      site.names(in: "\(site.assets)/\(BuildSite.architecture)")
        == ["build.json", "ledger.jsonl", "old-name.img", "rootfs.ext4"])
    #expect(site.names(in: site.assets) == ["B3SUMS", BuildSite.architecture, "manifest.json"].sorted())
    try runTool("b3sum", ["--check", "B3SUMS"], in: site.assets)
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `makes the same image as root and as a user`() throws {
    let site = try site(.root)
    let result = try site.run(["build", "guest", "--offline"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try site.digest(site.image) == BookwormBuildTests.warm.get().image)
    #expect(try site.leftovers() == [])
  }

  /// What has to be on stderr before the signal comes.
  static let moments: [(text: String, signal: CInt)] = [
    ("\"stage\":\"stage\",\"text\":\"coreutils\"", SIGINT),
    ("\"stage\":\"configure\",\"text\":\"libc6", SIGTERM),
    ("\"stage\":\"configure\",\"text\":\"libc6", SIGKILL),
    ("\"event\":\"started\".*\"stage\":\"compress\"", SIGTERM),
  ]

  /// The next build runs in a network namespace of its own where that can be had.
  @Test func `ends at any moment and leaves the assets alone, and the next build needs no network`() throws {
    let warm = try BookwormBuildTests.warm.get()
    let site = warm.site
    func assets(_ condition: String...) throws -> String {
      try runTool("find", [site.assets, "-type", "f"] + condition + ["-printf", "%P %i %T@ %s\n"])
    }
    let before = try assets()
    // A strong compression, so that there is a while to interrupt.
    try site.configure(["less"], extra: "compression_level = 19\n\n[build.image]\ncompress = \"zstd\"\n")
    for (text, signal) in BookwormBuildTests.moments {
      let moment = try Regex(text)
      #expect(try site.run(["cache", "gc", "--stages"]).status == 0)
      let run = try site.start(["build", "guest", "--offline", "--progress", "json"])
      #expect(run.waits { $0.contains(moment) }, "\(text)")
      let sent = Stopwatch.milliseconds
      run.send(signal)
      let result = try run.finish()
      #expect(Stopwatch.milliseconds - sent < 15_000, "\(text)")
      #expect(result.status == 128 + signal, "\(text)")
      if signal == SIGKILL {
        // The next build removes what nobody could tidy up.
        #expect(site.names(in: "\(site.cache)/work").count == 1)
        #expect(try site.leftovers().filter { !$0.hasPrefix("workspace ") } == [])
      } else {
        #expect(result.errors.hasSuffix("\ninterrupted\n"), "\(text)")
        #expect(try site.leftovers() == [], "\(text)")
      }
      #expect(try assets() == before, "\(text)")
    }
    try site.configure(["less"], extra: BookwormBuildTests.extra)
    // Without it nothing would have to be built.
    try FileManager.default.removeItem(
      atPath: "\(site.assets)/\(BuildSite.architecture)/build.json")
    let result = try site.run(
      ["build", "guest", "--progress", "none"], inside: getuid() == 0 ? ["/usr/bin/unshare", "--net"] : [])
    #expect(result.status == 0, "\(result.errors)")
    // What is the same is not written anew; the ledger tells how long this build took.
    #expect(
      try assets("!", "-name", "build.json", "!", "-name", "ledger.jsonl")
        == before.split(separator: "\n").filter { !$0.contains("build.json") && !$0.contains("ledger.jsonl") }
        .map { $0 + "\n" }.joined())
    #expect(try site.digest(site.image) == warm.image)
    #expect(try site.leftovers() == [])
  }

  // MARK: A failed step

  private static let broken = Result {
    try SignedArchive(packages: [
      FixturePackage("broken", "1") { postinst("echo before; echo it is broken >&2; exit 7") }
    ])
  }

  /// The host's own archives of bookworm, and one with a package whose script fails.
  private func brokenSite(_ user: TestUser) throws -> BuildSite {
    let site = try site(user)
    let uri = try BuildSite.hostArchive(of: "bookworm")
    let archive = try BookwormBuildTests.broken.get()
    try site.configure(
      ["broken"], from: [.init(uri: uri, suite: "bookworm", keyring: nil), archive.stanza])
    try site.placeEarlierAssets()
    return site
  }

  @Test(arguments: [TestUser.ordinary, .single])
  func `shows what a script said that failed, and a shell looks around in the kept tree`(user: TestUser)
    throws
  {
    let site = try brokenSite(user)
    let log = "\(site.cache)/logs/\(BuildSite.architecture).log"
    let error = """
      error: cannot configure broken: installed broken package post-installation script subprocess returned error exit status 7
        cause: Setting up broken (1) ...
        cause: before
        cause: it is broken
        log:   \(log)

      """
    let kept = try site.run(["build", "guest", "--progress", "none", "--keep"])
    #expect(kept.status == 1)
    let workspace = try "\(site.cache)/work/" + #require(site.names(in: "\(site.cache)/work").first)
    #expect(
      kept.errors == error + "hint: look around in the failed tree: capsem-native shell \(workspace)\n")
    #expect(try site.leftovers(kept: 1) == [])
    #expect(try contents(ofFile: site.image) == Array("an earlier image".utf8))
    #expect(
      String(decoding: try contents(ofFile: log) ?? [], as: UTF8.self).contains("\nit is broken\n"))

    // Another build leaves the kept tree alone, and keeps none of its own.
    let failed = try site.run(["build", "guest", "--progress", "none"])
    #expect(failed.status == 1)
    #expect(
      failed.errors == error
        + "hint: look around in the failed tree: build again with --keep, then `capsem-native shell`\n")
    #expect(site.names(in: "\(site.cache)/work").map { "\(site.cache)/work/\($0)" } == [workspace])

    let first = try site.run(
      ["shell", workspace, "--keep"],
      input: "dpkg-query -W -f '${Status}\\n' broken; stat -c 'owner %u:%g' /etc/shadow; exit 0\n")
    #expect(first.status == 0)
    #expect(first.output.contains("install ok half-configured"), "\(first.output)")
    #expect(first.output.contains("owner 0:42"), "\(first.output)")
    #expect(site.names(in: "\(site.cache)/work").count == 1)
    let second = try site.run(["shell", workspace], input: "cat /etc/os-release; exit 3\n")
    #expect(second.status == 3)
    #expect(second.output.contains("VERSION_CODENAME=bookworm"), "\(second.output)")
    #expect(second.errors == "")
    #expect(try site.leftovers() == [])
  }
}
