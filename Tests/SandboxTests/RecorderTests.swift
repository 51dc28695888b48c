import Foundation
import Glibc
import Sandbox
import Testing
import TestSupport

/// What programs see of owners and ids, which has to be the same in all tiers: where the kernel keeps them, and
/// where they are recorded.
@Suite(.namespaces) struct RecorderTests {
  @Test(arguments: Tier.testable)
  func `what is given to somebody is theirs, by whatever name it is looked at`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      cd /tmp; mkdir d; echo > d/f; ln -s f d/l; ln d/f d/h
      chown 5:42 d/f; chown -h 7 d/l; chgrp 8 d
      stat -c '%n %u:%g' d d/f d/h d/l; stat -L -c '%n %u:%g' d/l; mv d/f /etc/g; stat -c '%n %u:%g' /etc/g
      exec 4</etc/g; stat -L -c '%u:%g' /proc/self/fd/4 /dev/fd/4; chown 9:42 /proc/self/fd/4
      cd d; stat -c '%u:%g' . ../d/h ../../etc/g; cp -a h i; stat -c '%u:%g' i; chown 0:0 h; stat -c '%u:%g' h
      """)
    #expect(
      answer.output == """
        d 0:8
        d/f 5:42
        d/h 5:42
        d/l 7:0
        d/l 5:42
        /etc/g 5:42
        5:42
        5:42
        0:8
        9:42
        9:42
        9:42
        0:0

        """)
  }

  @Test(arguments: Tier.testable)
  func `a file that is gone leaves its owner to nobody`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      cd /tmp; i=0
      while [ $i -lt 300 ]; do
        echo > f; stat -c '%u:%g' f; chown 5:5 f; rm f; i=$((i+1))
      done | sort | uniq -c
      """)
    #expect(answer.output.trimmingCharacters(in: .whitespacesAndNewlines) == "300 0:0")
  }

  @Test(arguments: Tier.testable)
  func `an owner takes set-id bits away, and all of the ids are there`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      cd /tmp; echo > f; chmod 6755 f; chown 5:42 f; stat -c '%a %u:%g' f
      mkdir d; chmod 2775 d; chown 0:8 d; stat -c '%a %u:%g' d
      chown 65535:65535 f; stat -c '%u:%g' f; chown 5 missing; chown 5 f/under; echo $?
      """)
    #expect(
      answer.output == """
        755 5:42
        2775 0:8
        65535:65535
        chown: missing: No such file or directory
        chown: f/under: Not a directory
        1

        """)
  }

  @Test(arguments: Tier.testable)
  func `what is created in a set-group-id directory has its group`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      cd /tmp; umask 027; mkdir d; chown 3:8 d; chmod 2775 d
      echo > d/f; echo more >> d/f; mkdir d/g; ln -s x d/l; mkfifo d/p; ln -s /tmp/d/n away; echo > away
      (cd d && echo > r && echo > ../d/s && mkdir -p g/h)
      for f in d/f d/g d/l d/p d/n d/r d/s d/g/h; do stat -c '%n %A %u:%g %s' $f; done; cat d/f | wc -l
      """)
    #expect(
      answer.output == """
        d/f -rw-r----- 0:8 6
        d/g drwxr-s--- 0:8 4096
        d/l lrwxrwxrwx 0:8 1
        d/p prw-r----- 0:8 0
        d/n -rw-r----- 0:8 1
        d/r -rw-r----- 0:8 1
        d/s -rw-r----- 0:8 1
        d/g/h drwxr-s--- 0:8 4096
        2

        """)
  }

  private static let users = """
    printf 'root:x:0:0::/:/bin/sh\\nfoo:x:1000:1001::/:/bin/sh\\n' >/etc/passwd
    printf 'root:x:0:\\nfoo:x:1001:\\nmore:x:1002:foo\\n' >/etc/group; chmod 1777 /tmp; cd /tmp
    """

  @Test(arguments: Tier.testable)
  func `another user is another user, and so are its children`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      \(RecorderTests.users)
      su foo -c 'id -u; id -g; id -G; echo > f; mkdir d; ln -s x l; mkfifo p; sh -c "echo >> f; echo > g"'
      for f in f d l p g; do stat -c '%n %u:%g' $f; done; id -u
      su foo -c '(sleep 0.2; echo > late) & exit'; su foo -c 'chown 0 f; chgrp 1002 f; chgrp 5 f; chown 1000 g'
      stat -c '%u:%g' f g; sleep 0.5; stat -c '%u:%g' late
      """)
    #expect(
      answer.output == """
        1000
        1001
        1001 1002
        f 1000:1001
        d 1000:1001
        l 1000:1001
        p 1000:1001
        g 1000:1001
        0
        chown: f: Operation not permitted
        chgrp: f: Operation not permitted
        1000:1002
        1000:1001
        1000:1001

        """)
  }

  /// The kernel of the tiers whose ids are its own is the judge.
  @Test(.enabled(if: TestUser.isStrict || TestUser.hasNamespaces))
  func `ids and capabilities change as the kernel changes them`() throws {
    var request = ProbeRequest.shell("chmod 777 /tmp; changer")
    request.programs = ["changer": try CompiledProgram.changer.get().path]
    let lines = try [Tier.subuid, .oneID].map { tier in
      try Probe(tier).run(request).output.split(separator: "\n")
    }
    #expect(lines[0].count == 1200)
    #expect(lines[1].count == lines[0].count)
    for (recorded, kept) in zip(lines[1], lines[0]) where recorded != kept {
      Issue.record("recorded \(recorded), the kernel's \(kept)")
      break
    }
  }

  @Test(arguments: Tier.testable)
  func `a set-id program makes its caller its owner`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      \(RecorderTests.users)
      cp /bin/busybox touch; chown 5:42 touch; chmod 2755 touch; ./touch a; stat -c '%u:%g' a
      chmod 6755 touch; ./touch b; stat -c '%u:%g' b
      printf '#!/bin/sh\\necho > d' >script; chown 5:42 script; chmod 6755 script; ./script; stat -c '%u:%g' d
      """)
    #expect(answer.output == "0:42\n5:42\n0:0\n")
  }

  @Test(arguments: Tier.testable)
  func `names are bytes`(tier: Tier) throws {
    let answer = try Probe(tier).shell(
      """
      cd /tmp; umask 0; n=$(printf 'na\\357ve'); mkdir d; chown 0:8 d; chmod 2755 d; cd d
      echo > $n; mkdir $n.d; ln -s $n l; echo >> l; mkdir $n.d/; echo n* | od -c | grep -o 357 | wc -l
      stat -c '%u:%g' $n $n.d; chown 5 $n; stat -L -c '%u:%g' l; echo > none/; mkdir ..; mkdir /
      """)
    #expect(
      answer.output.split(separator: "\n").filter { !$0.contains("mkdir:") } == [
        "2", "0:8", "0:8", "5:8", "/bin/sh: can't create none/: Is a directory",
      ])
  }

  /// u::rwx, u:5:rwx, g::r-x, g:4:r-x, m::r-x, o::r-x in the words of linux/posix_acl_xattr.h.
  private static let list =
    "0200000001000700ffffffff020007000500000004000500ffffffff08000500040000001000"
    + "0500ffffffff20000500ffffffff"

  @Test(arguments: Tier.testable)
  func `an access list names whom it names, and is inherited`(tier: Tier) throws {
    let access = "system.posix_acl_access"
    let initial = "system.posix_acl_default"
    var request = ProbeRequest.shell(
      """
      cd /tmp; umask 0; mkdir d; echo > f
      attribute f \(access) \(RecorderTests.list); attribute f \(access); chmod 750 f; attribute f \(access)
      attribute d \(initial) \(RecorderTests.list); attribute d \(initial); attribute d \(access)
      echo > d/f; attribute d/f \(access); attribute d/f \(initial); mkdir d/e; attribute d/e \(initial)
      ln -s f d/l; mkfifo d/p; attribute d/p \(access); stat -c '%n %A %u:%g' d d/f d/e f; rm d/f; echo > g
      attribute g \(access); chown 7 f; attribute f \(access); attribute d/e user.none; attribute f \(access) 02
      """)
    request.programs = ["attribute": try CompiledProgram.attribute.get().path]
    let answer = try Probe(tier).run(request)
    let list = RecorderTests.list
    // Rights that a mode takes away the mask takes away, and a new file is no program.
    let masked = list.replacing("20000500", with: "20000000")
    let file = list.replacing("01000700", with: "01000600").replacing("10000500", with: "10000400").replacing(
      "20000500", with: "20000400")
    #expect(
      answer.output == """
        \(list)
        \(masked)
        \(list)
        No data available
        \(file)
        No data available
        \(list)
        \(file)
        d drwxrwxrwx 0:0
        d/f -rw-r--r-- 0:0
        d/e drwxr-xr-x 0:0
        f -rwxr-x--- 0:0
        No data available
        \(masked)
        No data available
        Invalid argument

        """)
  }

  @Test(.enabled(if: TestUser.isStrict || TestUser.hasNamespaces))
  func `without its recorder a worker ends`() throws {
    let probe = try Probe(.oneID)
    let process = Process()
    process.executableURL = URL(filePath: probe.command[0])
    process.arguments = Array(probe.command.dropFirst())
    let (input, output) = (Foundation.Pipe(), Foundation.Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let busy = "while :; do echo > /tmp/f; chown 5:5 /tmp/f; stat -c %u /tmp/f; done"
    input.fileHandleForWriting.write(try JSONEncoder().encode([ProbeRequest.shell(busy)]))
    try input.fileHandleForWriting.close()
    let keeper = try #require(waitForValue { children(of: process.processIdentifier).first })
    try #require(waitForValue { children(of: keeper).first.flatMap { children(of: $0).first } } != nil)
    kill(keeper, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(waitForValue { children(of: keeper).isEmpty ? true : nil } == true)
  }

  private func children(of process: Int32) -> [Int32] {
    let text = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
    return (text ?? "").split(separator: " ").compactMap { Int32($0) }
  }

  private func waitForValue<V>(_ look: () -> V?) -> V? {
    for _ in 0..<500 {
      if let value = look() { return value }
      usleep(20_000)
    }
    return nil
  }

  @Test(.enabled(if: TestUser.isStrict || TestUser.hasNamespaces))
  func `nothing of it can be taken away from within`() throws {
    let answer = try Probe(.oneID).shell(
      """
      \(RecorderTests.users)
      su foo -c 'ulimit -x 3; ulimit -x unlimited; id -u; sh -c "id -u"'; cat /proc/self/uid_map
      """)
    #expect(answer.output.hasPrefix("1000\n1000\n"))
  }
}
