import Foundation
import Glibc
import TestSupport
import Testing

/// Whether every byte arrives, whoever is slow. With CAPSEM_TEST_SLOW=1, which `make test-slow` sets, it is
/// 50 MB each way.
extension MachineTests {
  @Suite struct StreamTests {
    private let machine: FixtureMachine
    private static let size = getenv("CAPSEM_TEST_SLOW") == nil ? 5_000_000 : 50_000_000

    init() throws { machine = try FixtureMachine.shared.get() }

    @Test func `what goes in comes out of both streams, to slow readers too`() throws {
      let directory = "\(machine.site.directory)/home/streams"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try runTool("sh", ["-c", "head -c \(StreamTests.size) /dev/urandom >in"], in: directory)
      // dd reads 4 KiB at a time, and rests between: the guest is ready long before the host.
      try """
      slowly() { while dd bs=64k count=1 2>/dev/null >piece; [ -s piece ]; do cat piece; sleep 0.00$1; done; }
      mkfifo errors
      (mkdir -p slow && cd slow && slowly 3) <errors >err &
      "$@" <in 2>errors | (mkdir -p slower && cd slower && slowly 5) >out
      wait
      """.write(toFile: "\(directory)/run.sh", atomically: false, encoding: .utf8)
      try machine.site.user.own(directory)
      let run = try ProgramRun(
        ["/usr/bin/env"] + machine.site.user.prefix + ["sh", "-eu", "run.sh", machine.site.program]
          + [
            "run", "--accel", "tcg", "--quiet", "--assets", machine.site.assets, "--guest",
            machine.site.guest,
            "--", "sh", "-c", "tee /dev/stderr",
          ], in: directory,
        environment: [
          "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory, "CAPSEM_CACHE_DIR": machine.site.cache,
        ])
      let result = try run.finish()
      #expect(result.status == 0, "\(result.errors)")
      try runTool("cmp", ["in", "out"], in: directory)
      try runTool("cmp", ["in", "err"], in: directory)
    }

    @Test func `input that nobody reads holds nothing up`() throws {
      let input = String(repeating: "a line of input\n", count: 200_000)
      let result = try machine.run(["sh", "-c", "head -n 1; exec >&-; sleep 1; exit 4"], input: input)
      #expect(result.status == 4)
      #expect(result.output == "a line of input\n")
    }
  }
}
