import BuildModel
import Sandbox
import Testing

@testable import Configuring

@Suite struct DpkgStatusTests {
  @Test(
    arguments: [
      ("processing: configure: bash", .processing(action: "configure", package: "bash")),
      ("processing: trigproc: libc-bin", .processing(action: "trigproc", package: "libc-bin")),
      ("processing: configure: libc6:amd64", .processing(action: "configure", package: "libc6:amd64")),
      (
        "status: bash : error : installed bash package post-installation script subprocess returned error exit status 1",
        .failed(
          package: "bash",
          words: "installed bash package post-installation script subprocess returned error exit status 1")
      ),
      (
        "status: libc6:amd64 : error : dependency problems - leaving unconfigured",
        .failed(package: "libc6:amd64", words: "dependency problems - leaving unconfigured")
      ),
      ("status: a : error : cannot open: b: no", .failed(package: "a", words: "cannot open: b: no")),
      ("status: bash: half-configured", nil), ("status: libc6:amd64: installed", nil),
      ("status: /etc/x : conffile-prompt : '/etc/x' '/etc/x.dpkg-new' 1 1 ", nil), ("", nil), (": : :", nil),
    ] as [(Substring, DpkgReport?)])
  func `dpkg's reports`(line: Substring, report: DpkgReport?) { #expect(DpkgReport(line) == report) }

  @Test func `bytes become lines wherever they are cut`() {
    let text = Array("one\ntwo\n\nthr\u{e9}e\nrest".utf8)
    for size in 1...text.count {
      var buffer = LineBuffer()
      var lines: [String] = []
      for start in stride(from: 0, to: text.count, by: size) {
        text[start..<min(start + size, text.count)].withUnsafeBytes {
          buffer.append($0) { lines.append(String($0)) }
        }
      }
      buffer.finish { lines.append(String($0)) }
      #expect(lines == ["one", "two", "", "thr\u{e9}e", "rest"])
    }
  }

  @Test func `a line without an end does not fill the memory`() {
    var buffer = LineBuffer()
    var lines = 0
    let piece = [UInt8](repeating: 0x78, count: 1 << 16)
    for _ in 0..<8 { piece.withUnsafeBytes { buffer.append($0) { _ in lines += 1 } } }
    #expect(lines == 4)
  }

  @Test func `packages that are not installed`() {
    let status = """
      Package: a
      Status: install ok installed

      Package: b
      Essential: yes
      Status: install ok half-configured
      Description: x
       Status: install ok unpacked

      Package: c
      Status: install ok triggers-pending

      Package: d
      Status: install reinstreq installed

      """
    #expect(
      DpkgStates.unfinished(in: status).map { "\($0.package): \($0.state)" } == [
        "b: install ok half-configured", "c: install ok triggers-pending", "d: install reinstreq installed",
      ])
    #expect(DpkgStates.unfinished(in: "").isEmpty)
  }

  @Test func `the plan as text`() {
    let pending = ["libc6:amd64", "bash"].map {
      StagedPackage(
        name: String($0.prefix { $0 != ":" }), version: "1", architecture: "amd64", qualifiedName: $0)
    }
    func text(_ order: Configurer.Order) -> String {
      Configurer.plan(
        tree: "tree", order: order, pending: pending, environment: ScriptEnvironment(sourceDate: 5)
      ).description
    }
    let rest = """
        in tree, from /
        namespaces: user mount pid ipc uts network (loopback only)
        silenced: /usr/sbin/start-stop-daemon
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        HOME=/root
        USER=root
        LOGNAME=root
        SHELL=/bin/sh
        TERM=dumb
        LC_ALL=C.UTF-8
        LANGUAGE=C.UTF-8
        LANG=C.UTF-8
        TZ=UTC
        DEBIAN_FRONTEND=noninteractive
        DEBCONF_NONINTERACTIVE_SEEN=true
        SOURCE_DATE_EPOCH=5
        FORCE_SOURCE_DATE=1
      """
    let dpkg = "run /usr/bin/dpkg --status-fd 3"
    #expect(text(.bootstrap) == "\(dpkg) --force-depends --configure libc6:amd64 bash\n\(rest)")
    #expect(
      text(.step(["a", "b"])) == "\(dpkg) --configure a b\n\(rest)")
    #expect(text(.pending) == "\(dpkg) --configure --pending\n\(rest)")
  }

  @Test func `errors say what happened and what to do`() {
    let failed = ConfiguringError("bash", .scriptFailed("exit status 1"), output: ["No space left on device"])
    #expect(failed.summary == "cannot configure bash: exit status 1")
    #expect(failed.hints[0].hasPrefix("the file system of the cache is full"))
    let left = ConfiguringError("a", .left(state: "install ok unpacked"))
    #expect(
      left.summary
        == #"cannot configure a: expected state "install ok installed", found "install ok unpacked""#)
  }
}
