import TestSupport
import Testing

/// capsem-doctor in a chroot of a small image: it passes, and fails by name when one thing is broken.
@Suite(
  .tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root for its mounts", { Requirement.root }))
struct BookwormDoctorTests {
  private static let built = Result { () throws -> BuildSite in
    let site = try BuildSite()
    try site.configure(["bash", "python3", "python3-pytest"])
    let result = try site.run(["build", "guest", "--progress", "none"])
    guard result.status == 0 else { throw ToolFailure(description: result.errors) }
    return site
  }

  /// A fresh overlay on the image, with `broken` done to it; then the doctor, with some of its files.
  private func examine(_ files: [String], broken: String = "true") throws -> ProgramResult {
    let site = try BookwormDoctorTests.built.get()
    let scratch = try ScratchDirectory()
    let mounted = try MountedImage(image: site.image, directory: scratch.path)
    return try withExtendedLifetime(mounted) {
      try runTool("chroot", [mounted.root, "/bin/sh", "-euc", broken])
      return try ProgramRun(
        ["/usr/sbin/chroot", mounted.root, "/usr/local/bin/capsem-doctor"] + files, in: scratch.path,
        environment: [
          "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
          "LC_ALL": "C.UTF-8",
        ]
      ).finish()
    }
  }

  @Test func `a sound image passes, and every check that was not made has its reason`() throws {
    let result = try examine(["test_sandbox.py", "test_shell.py", "test_storage.py"])
    #expect(result.status == 0, "\(result.output)")
    let last = try #require(result.output.split(separator: "\n").last)
    let counts = try #require(
      last.wholeMatch(of: /RESULT: PASS: (\d+) checks, (\d+) run, (\d+) passed, (\d+) skipped/), "\(last)")
    let (all, run, passed, skipped) =
      (Int(counts.1) ?? 0, Int(counts.2) ?? 0, Int(counts.3) ?? 0, Int(counts.4) ?? 0)
    #expect(passed > 20 && run == passed && run + skipped == all, "\(last)")
    let reasons = result.output.matches(of: /\nSKIPPED \[(\d+)\] [^\n]+: [^\n]+/)
    #expect(reasons.compactMap { Int($0.1) }.reduce(0, +) == skipped, "\(result.output)")
    #expect(result.output.contains("place: a chroot"))
    #expect(result.output.contains(": not in the virtual machine\n"))
  }

  /// What is done to the image, the file that looks for it, the check's name, and what it says.
  static let faults = [
    (
      "chmod u+s /usr/bin/env", "test_sandbox.py", "test_no_program_changes_its_user[setuid]",
      "'/usr/bin/env'"
    ),
    (
      "chmod u+w /usr/local/bin/snapshots", "test_sandbox.py",
      "test_agent_cannot_be_changed[/usr/local/bin/snapshots]", "snapshots has mode 0755"
    ),
    (
      "chmod o+w /usr/bin/env", "test_sandbox.py", "test_no_program_can_be_changed_by_everybody",
      "'/usr/bin/env'"
    ),
    (
      "rm /etc/capsem-tips.txt", "test_shell.py", "test_greeting_has_one_tip_and_no_comment",
      "capsem-tips.txt"
    ),
    (
      "echo 'PATH=/usr/bin' >>/etc/capsem-bashrc", "test_shell.py", "test_shell_settings_leave_path_alone",
      "PATH="
    ),
  ]

  @Test(arguments: faults)
  func `one broken thing fails its check`(
    _ fault: (broken: String, file: String, check: String, says: String)
  ) throws {
    let result = try examine([fault.file], broken: fault.broken)
    #expect(result.status == 1)
    #expect(result.output.contains("\nFAILED \(fault.file)::\(fault.check)"), "\(result.output)")
    #expect(result.output.contains(fault.says), "\(result.output)")
    let last = try #require(result.output.split(separator: "\n").last)
    #expect(
      last.contains(/^RESULT: FAIL: \d+ checks, \d+ run, 1 failed, \d+ passed, \d+ skipped$/), "\(last)")
  }
}
