import Foundation
import TestSupport
import Testing

/// The smallest image of Debian's for an architecture that the host is not of: its scripts run by QEMU.
@Suite(.tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }))
struct ForeignBuildTests {
  /// QEMU's name of the machine, and `e_machine` of its programs.
  private static let foreign =
    BuildSite.Target.foreign.debian == "arm64" ? ("aarch64", UInt8(183)) : ("x86_64", UInt8(62))
  private static let emulator = "/usr/bin/qemu-\(foreign.0)-static"

  private func site(_ user: TestUser = .ordinary) throws -> BuildSite {
    let site = try BuildSite(user)
    try site.configure(["apt"], target: .foreign)
    return site
  }

  @Test func `is built without root, with nothing registered on the host, and the same by root`() throws {
    let entries = try registered()
    let sites = try TestUser.available.map(site)
    let runs = try sites.map { try $0.start(["build", "guest", "--until", "configured"]) }
    var digests: Set<String?> = []
    for (site, run) in zip(sites, runs) {
      let result = try run.finish()
      #expect(result.status == 0, "\(result.errors)")
      try runTool("e2fsck", ["-fn", site.image(of: .foreign)])
      digests.insert(try site.digest(site.image(of: .foreign)))
      #expect(try site.leftovers() == [])
    }
    #expect(digests.count == 1 && digests.first != .some(nil))
    #expect(try registered() == entries)
    try judge(sites[0])
  }

  /// The host's own entries.
  private func registered() throws -> String {
    try runTool("sh", ["-c", "ls -A /proc/sys/fs/binfmt_misc && grep binfmt_misc /proc/mounts || true"])
  }

  private func judge(_ site: BuildSite) throws {
    let image = site.image(of: .foreign)
    let shell = "\(site.directory)/runs/dash"
    try runTool("debugfs", ["-R", "dump /usr/bin/dash \(shell)", image])
    let program = try #require(try contents(ofFile: shell))
    #expect(program.count > 100_000 && program[18] == ForeignBuildTests.foreign.1)
    let tree = try runTool(site.program, ["inspect", image, "--tree"])
    #expect(tree.contains("/etc/ld.so.cache") && !tree.contains("qemu"))
    let status = try runTool("debugfs", ["-R", "cat /var/lib/dpkg/status", image])
    let states = status.split(separator: "\n").filter { $0.hasPrefix("Status: ") }
    #expect(states.count > 80 && Set(states) == ["Status: install ok installed"])
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `without an emulator the error names its package, before anything is fetched`() throws {
    let site = try site()
    // A file that nobody may execute, in the place of QEMU.
    let hiding = [
      "unshare", "--mount", "sh", "-c",
      "mount --bind /dev/null \(ForeignBuildTests.emulator) && exec \"$@\"", "sh",
    ]
    let machine = ForeignBuildTests.foreign.0
    let words = "cannot run programs for \(machine): this host has no emulator for them\n"
    let result = try site.run(
      ["build", "guest", "--until", "configured", "--progress", "plain"], inside: hiding)
    #expect(result.status == 1)
    #expect(result.errors.contains("error: \(words)"))
    #expect(result.errors.contains("  cause: qemu-\(machine)-static is not installed\n"))
    #expect(result.errors.contains("hint: sudo apt-get install qemu-user-static\n"))
    #expect(!result.errors.contains("fetch"))
    #expect(try site.leftovers() == [])
    let plan = try site.run(["build", "guest", "--dry-run"], inside: hiding)
    #expect(plan.output.contains("cannot be built: \(words)"))
    let possible = try site.run(["build", "guest", "--dry-run"])
    #expect(possible.status == 0 && !possible.output.contains("cannot be built"))
  }
}
