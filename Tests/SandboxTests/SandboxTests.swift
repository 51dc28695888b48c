import Foundation
import Glibc
import Sandbox
import enum Sandbox.ExitStatus
import Testing
import TestSupport

/// What a shell inside reports, in real namespaces, as root and as an ordinary user.
@Suite(.namespaces) struct SandboxTests {
  @Test(arguments: Tier.testable)
  func `a step is root of a place without a network`(tier: Tier) throws {
    let answer = try Probe(tier).shell("id -u; id -G; hostname; ls /proc/sys/net/ipv4/conf; echo $$; pwd")
    #expect(answer.output == "0\n0\nlocalhost\nall\ndefault\nlo\n2\n/\n")
    #expect(answer.status == "exited with status 0")
  }

  @Test(arguments: Tier.testable)
  func `nothing of the host is in sight`(tier: Tier) throws {
    let secret = try ScratchDirectory()
    try secret.write(Array("secret".utf8), to: "file")
    let answer = try Probe(tier).shell(
      """
      ls / /sys; cat /etc/hostname /root/.profile \(secret.file("file")) 2>&1 | grep -c 'No such file'
      ls /dev; test $(ls -d /proc/[0-9]* | wc -l) -lt 8 && echo 4; cut -d' ' -f5 /proc/self/mountinfo
      """)
    #expect(
      answer.output == """
        /:
        bin
        dev
        etc
        proc
        sys
        tmp

        /sys:
        3
        fd
        full
        null
        ptmx
        pts
        random
        shm
        stderr
        stdin
        stdout
        tty
        urandom
        zero
        4
        \(answer.output[(answer.output.range(of: "\n4\n")?.upperBound ?? answer.output.endIndex)...])
        """)
    let mounts = Set(answer.output.split(separator: "\n").filter { $0.hasPrefix("/") && !$0.hasSuffix(":") })
    let own = ["/", "/proc", "/dev", "/sys"]
    #expect(mounts.allSatisfy { mount in own.contains { mount == $0 || mount.hasPrefix("\($0)/") } })
    #expect(mounts.isSuperset(of: ["/", "/proc", "/dev", "/sys", "/dev/pts", "/dev/shm", "/dev/null"]))
  }

  @Test(arguments: Tier.testable)
  func `what reaches beyond the tree is refused`(tier: Tier) throws {
    let probe = try Probe(tier)
    let answer = try probe.shell(
      """
      try() { "$@" >/dev/null 2>&1 && echo "$* was allowed"; }
      try mount -t tmpfs none /tmp
      try mount -o remount,rw /sys
      try umount /proc
      try unshare -U true
      try unshare -m true
      try nsenter -t 1 -m true
      try mknod /tmp/node c 1 3
      try mknod /tmp/disk b 8 0
      try ip link add dummy0 type dummy
      try touch /sys/file
      try chroot /proc/1/root/.. test -e /usr
      # Opened for writing, nothing is written: a hole would not harm the host that tests run on.
      for knob in kernel/core_pattern kernel/modprobe vm/drop_caches kernel/hostname; do
        try sh -c "exec 4>>/proc/sys/$knob"
      done
      try sh -c 'exec 4>>/proc/sysrq-trigger'
      try sh -c 'exec 4>>/proc/irq/default_smp_affinity'
      # What they are refused for is not everything: these twins are allowed.
      cd /tmp && mkfifo pipe && chown 42:43 pipe && stat -c '%F %u:%g' pipe && chroot / true && echo twins
      """)
    #expect(answer.output == "fifo 42:43\ntwins\n")
  }

  @Test(arguments: Tier.testable)
  func `only the capabilities that scripts use are left`(tier: Tier) throws {
    let answer = try Probe(tier).shell("grep -E '^(Cap|Seccomp:|Groups)' /proc/self/status")
    // chown … kill setgid setuid setpcap bind-service sys-chroot audit-write setfcap, of capability.h.
    let kept = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 18, 29, 31].reduce(UInt64(0)) { $0 | 1 << $1 }
    let mask = String(repeating: "0", count: 16 - String(kept, radix: 16).count) + String(kept, radix: 16)
    let none = String(repeating: "0", count: 16)
    #expect(
      answer.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == [
        "Groups:", "CapInh:\t\(none)", "CapPrm:\t\(mask)", "CapEff:\t\(mask)", "CapBnd:\t\(mask)",
        "CapAmb:\t\(none)", "Seccomp:\t2",
      ])
  }

  @Test(arguments: Tier.testable)
  func `a step inherits nothing`(tier: Tier) throws {
    let probe = try Probe(tier)
    var bare = ProbeRequest(["/bin/env"], environment: ["B=two words", "A=1"])
    bare.directory = "/etc"
    let answers = try probe.run([
      bare, ProbeRequest(["/bin/ls", "-l", "/proc/self/fd"]),
      .shell(
        "cat; umask | grep -v 0022; ulimit -c | grep -v 0; grep -E '^Sig(Blk|Ign)' /proc/$$/status | head -1"),
      ProbeRequest(["/bin/grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"]),
    ])
    #expect(answers[0].output == "B=two words\nA=1\n")
    let lines = answers[1].output.split(separator: "\n").map(String.init)
    let targets = lines.filter { $0.contains(" -> ") }.map {
      $0.split(separator: " ").suffix(3).joined(separator: " ").replacing(/[0-9]+\]/, with: "N]")
    }
    #expect(targets == ["0 -> /dev/null", "1 -> pipe:[N]", "2 -> pipe:[N]", "3 -> pipe:[N]"])
    let zero = String(repeating: "0", count: 16)
    #expect(answers[2].output == "SigBlk:\t\(zero)\n")
    #expect(answers[3].output == "SigBlk:\t\(zero)\nSigIgn:\t\(zero)\nSigCgt:\t\(zero)\n")
  }

  @Test(arguments: Tier.testable)
  func `the end of a command is told as it was`(tier: Tier) throws {
    let answers = try Probe(tier).run([
      .shell("exit 7"), .shell("kill -KILL $$"), .shell("kill -SEGV $$"),
      .shell("echo out; echo err >&2; echo report >&3"), ProbeRequest(["/bin/nothing-here"]),
      ProbeRequest(["/etc"]),
    ])
    #expect(
      answers.prefix(3).map(\.status) == [
        "exited with status 7", "was killed by signal 9", "was killed by signal 11",
      ])
    #expect(answers[3].output == "out\nerr\n")
    #expect(answers[3].report == "report\n")
    #expect(answers[4].error == "cannot execute /bin/nothing-here: No such file or directory")
    #expect(answers[5].error == "cannot execute /etc: Permission denied")
    #expect(answers[5].hints == [])
  }

  @Test(arguments: Tier.testable)
  func `a daemon dies with the step that started it`(tier: Tier) throws {
    let answers = try Probe(tier).run([
      .shell(
        "(setsid sh -c 'while :; do echo x >> /tmp/alive; sleep 0.01; done' &) ; sleep 0.2; wc -l < /tmp/alive"
      ),
      .shell("stat -c %s /tmp/alive; sleep 0.2; stat -c %s /tmp/alive; ls -d /proc/[0-9]* | wc -l"),
    ])
    #expect(Int(answers[0].output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > 1)
    let sizes = answers[1].output.split(separator: "\n")
    try #require(sizes.count == 3)
    #expect(sizes[0] == sizes[1])
    // The init, shells, ls and wc.
    #expect(Int(sizes[2])! <= 6)
  }

  @Test(arguments: Tier.testable)
  func `nothing waits for the disk`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      "dd if=/dev/zero of=/tmp/big bs=1M count=1 conv=fsync 2>/dev/null && sync && sync -f /tmp/big && echo done"
    )
    #expect(answer.output == "done\n")
  }

  @Test(arguments: Tier.testable)
  func `a thrown-away overlay leaves the tree as it was`(tier: Tier) throws {
    let look = "ls -A / /etc /bin | cksum; cat /etc/file"
    var change = ProbeRequest.shell("echo changed > /etc/file; rm /bin/vi; mkdir /new; cat /etc/file")
    change.throwAway = true
    let answers = try Probe(tier).run([
      .shell("echo kept > /etc/file"), .shell(look), change, .shell(look), change,
    ])
    #expect(answers[2].output == "changed\n")
    #expect(answers[1].output == answers[3].output)
    #expect(answers[3].output.hasSuffix("kept\n"))
    #expect(answers[4].output == "changed\n")
  }

  @Test(arguments: Tier.testable)
  func `a silenced program does nothing and succeeds`(tier: Tier) throws {
    let probe = try Probe(tier)
    var request = ProbeRequest.shell("/bin/service start; echo $?; ls /etc/missing")
    request.silenced = ["/bin/service", "/etc/missing"]
    let program = ProbeRequest.shell(
      "printf '#!/bin/sh\\necho ran; exit 3\\n' > /bin/service; chmod +x /bin/service")
    let answers = try probe.run([program, request, .shell("/bin/service start")])
    #expect(answers[1].output.hasPrefix("0\n"))
    #expect(answers[1].status == "exited with status 1")
    #expect(answers[2].output == "ran\n" && answers[2].status == "exited with status 3")
  }

  @Test(arguments: Tier.testable)
  func `what is lent stands at its place, cannot be written, and leaves no trace`(tier: Tier) throws {
    let script = "printf '#!/bin/sh\\necho own\\n' > /bin/program; chmod +x /bin/program"
    var request = ProbeRequest.shell("program; cat /dev/.shelf; echo more >> /bin/program")
    request.lent = ["/bin/program": "#!/bin/sh\necho lent\n", "/dev/.shelf": "new\n"]
    let answers = try Probe(tier).run([.shell(script), request, .shell("program; ls -A /dev | grep shelf")])
    #expect(answers[1].output.hasPrefix("lent\nnew\n"))
    #expect(answers[1].status == "exited with status 1")
    #expect(answers[2].output == "own\n")
  }

  @Test(arguments: Tier.testable)
  func `nothing is lent at a place that the tree does not have`(tier: Tier) throws {
    var request = ProbeRequest.shell("true")
    request.lent = ["/bin/missing": ""]
    #expect(try Probe(tier).run([request])[0].error == "cannot mount /bin/missing: No such file or directory")
  }

  /// The mount points of a step are looked up in the tree, after the host is gone.
  @Test(arguments: Tier.testable, ["dev", "proc", "sys"])
  func `a tree whose mount points are links does not touch the host`(tier: Tier, name: String) throws {
    let canary = try ScratchDirectory()
    try canary.write(Array("canary".utf8), to: "file")
    chmod(canary.path, 0o777)
    var hostile = ProbeRequest.shell("true")
    // Absolute, it leads to nothing in the tree; climbing, it leads to the tree's own /etc.
    hostile.links = [name: canary.path]
    var climbing = ProbeRequest.shell("echo ran; ls /etc | head -1")
    climbing.links = [name: "../../../../../../etc"]
    let answers = try Probe(tier).run([hostile, climbing])
    #expect(answers[0].error?.hasPrefix("cannot ") == true)
    #expect(answers[1].error != nil || answers[1].output.hasPrefix("ran\n"))
    #expect(try files(below: canary.path) == ["file"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: canary.path) == ["file"])
  }

  @Test(arguments: Tier.testable)
  func `killing the parent kills the worker and its steps`(tier: Tier) throws {
    let probe = try Probe(tier)
    let mark = "\(30_000 + Int.random(in: 0..<1_000_000)).\(getpid())"
    let process = Process()
    process.executableURL = URL(filePath: probe.command[0])
    process.arguments = Array(probe.command.dropFirst())
    let input = Foundation.Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    input.fileHandleForWriting.write(try JSONEncoder().encode([ProbeRequest.shell("sleep \(mark)")]))
    try input.fileHandleForWriting.close()
    try #require(waitUntil { !running(mark).isEmpty })
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(waitUntil { running(mark).isEmpty && running(probe.workspace).isEmpty })
  }

  private func running(_ mark: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(Int.init).filter { process in
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
      return String(decoding: line, as: UTF8.self).contains(mark)
    }
  }

  private func waitUntil(_ condition: () -> Bool) -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      usleep(20_000)
    }
    return false
  }
}

@Suite struct SandboxPlanTests {
  @Test func `a plan as text`() {
    var plan = SandboxPlan(
      tree: "tree", command: ["/bin/sh", "-c", "true"], environment: [("A", "1"), ("B", "two words")])
    #expect(
      plan.description == """
        run /bin/sh -c true
          in tree, from /
          namespaces: user mount pid ipc uts network (loopback only)
          A=1
          B=two words
        """)
    plan.throwAway = true
    plan.silenced = ["/usr/sbin/start-stop-daemon"]
    #expect(plan.description.contains("in tree, on an overlay that is thrown away, from /"))
    #expect(plan.description.contains("\n  silenced: /usr/sbin/start-stop-daemon\n"))
  }

  @Test(
    arguments: [
      (0, .exited(0)), (0x700, .exited(7)), (0xff00, .exited(255)), (9, .signalled(9)),
      (0x8b, .signalled(11)),
    ] as [(Int32, ExitStatus)])
  func `a wait status in words`(raw: Int32, status: ExitStatus) {
    #expect(ExitStatus(waitStatus: raw) == status)
    #expect(status.isSuccess == (raw == 0))
  }
}
