import Foundation
import Json
import TestSupport
import Testing

/// Conditions that are made true, and what the doctor says of them.
@Suite struct DoctorTests {
  private let site: BuildSite

  /// A host and a guest on which only the kernel's configuration is missing.
  init() throws { site = try DoctorTests.site() }

  private static func site(_ user: TestUser = .ordinary) throws -> BuildSite {
    let site = try BuildSite(user)
    try site.configure(["greeting"], from: [SignedArchive.shared.get().stanza])
    try FileManager.default.removeItem(atPath: "\(site.guest)/config/kernel")
    return site
  }

  /// What does not pass, with the lines below it. `inside` are words before the command.
  private func findings(
    _ arguments: [String] = [], inside: [String] = [], environment: [String: String] = [:]
  ) throws -> (status: Int32, text: String) {
    let result = try site.run(["doctor"] + arguments, inside: inside, environment: environment)
    #expect(result.errors == "")
    var text = ""
    var isFinding = false
    for line in result.output.split(separator: "\n") {
      if line.hasPrefix("  [") { isFinding = !line.hasPrefix("  [PASS]") }
      if !line.hasPrefix("  ") { isFinding = false }
      if isFinding && !line.contains("cannot build a kernel") && !line.contains("it is named at") {
        text += line + "\n"
      }
    }
    return (result.status, text)
  }

  /// Words before a command that give it mounts of its own.
  private func privately(_ script: String) -> [String] {
    ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec", "\(script); exec \"$@\"", "sh"]
  }

  @Test(arguments: TestUser.available)
  func `a host that can build passes, and nothing is left on it`(user: TestUser) throws {
    let site = try DoctorTests.site(user)
    try FileManager.default.removeItem(atPath: site.assets)
    let result = try site.run(["doctor"])
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(
      result.output.hasPrefix("capsem-native doctor\n====================\n\n== Host ==\n  [PASS] Linux "))
    let sections = result.output.split(separator: "\n").filter { $0.hasPrefix("== ") }
    #expect(
      sections == [
        "== Host ==", "== Libraries ==", "== Build Tools ==", "== Namespaces ==", "== Storage ==",
        "== Network ==", "== Guest Config ==", "== Source Files ==",
      ])
    #expect(!result.output.contains("[FAIL]"))
    let warnings = result.output.split(separator: "\n").filter { $0.hasPrefix("  [WARN]") }
    #expect(
      warnings.map { $0.replacing(BuildSite.architecture, with: "ARCH") } == [
        "  [WARN] cannot build a kernel for ARCH: cannot read guest/config/kernel/defconfig.ARCH: No such file or directory"
      ])
    let passed = result.output.split(separator: "\n").count { $0.hasPrefix("  [PASS] ") }
    #expect(result.output.hasSuffix("\n\n\(passed) passed, 1 warned, 0 failed\n"))
    #expect(result.output.contains(", signed, of 2023-11-14 22:13:20 UTC\n"))
    #expect(site.names(in: site.cache) == [])
    #expect(try site.leftovers() == [])
    #expect(access(site.assets, F_OK) != 0)
  }

  @Test func `JSON says the same`() throws {
    let result = try site.run(["doctor", "--json", "--offline"])
    #expect(result.status == 0)
    let checkup = try JSONValue(parsing: result.output)
    let checks = try #require(checkup["checks"]?.array)
    #expect(checkup["warned"] == .number(1))
    #expect(checkup["failed"] == .number(0))
    #expect(checkup["passed"] == .number(Double(checks.count - 1)))
    let warned = try #require(checks.first { $0["verdict"]?.string == "WARN" })
    #expect(warned["section"]?.string == "Source Files")
    #expect(warned["fixes"]?.array?.isEmpty == false)
  }

  @Test(
    .enabled("needs root", { Requirement.root }),
    arguments: [("b3sum", "b3sum", "FAIL"), ("newuidmap", "uidmap", "WARN")])
  func `a missing program is named with its package`(name: String, package: String, verdict: String) throws {
    let found = try findings(inside: privately("mount --bind /dev/null /usr/bin/\(name)"))
    #expect(found.status == (verdict == "FAIL" ? 1 : 0))
    #expect(
      found.text.hasPrefix(
        "  [\(verdict)] cannot run \(name): it is not installed on this host\n         fix: sudo apt-get install \(package)\n"
      ), "\(found.text)")
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `newuidmap without its privilege is a warning, and with a file capability passes`() throws {
    let copy = "mount -t tmpfs tmpfs /mnt; cp /usr/bin/newuidmap /mnt/"
    let bind = "mount --bind /mnt/newuidmap /usr/bin/newuidmap"
    let found = try findings(inside: privately("\(copy); \(bind)"))
    #expect(found.status == 0)
    #expect(
      found.text.hasPrefix(
        "  [WARN] cannot map ids with newuidmap: /usr/bin/newuidmap is not setuid root\n"
          + "         fix: check that /usr/bin/newuidmap is setuid root (sudo chmod u+s)"), "\(found.text)")
    let capable = try findings(inside: privately("\(copy); setcap cap_setuid+ep /mnt/newuidmap; \(bind)"))
    #expect(!capable.text.contains("cannot map ids with newuidmap"), "\(capable.text)")
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `a user without sub-ids is told how to get some`() throws {
    let found = try findings(inside: privately("mount --bind /dev/null /etc/subuid"))
    #expect(found.status == 0)
    #expect(
      found.text.contains(
        ": /etc/subuid grants no range of 65536 ids\n         fix: sudo usermod --add-subuids "))
    let all = try site.run(["doctor", "--offline"], inside: privately("mount --bind /dev/null /etc/subuid"))
    #expect(
      all.output.contains("  [PASS] a worker ran in namespaces of its own, where owners are recorded\n"))
  }

  @Test func `a process that may not gain privileges is told so`() throws {
    let found = try findings(inside: ["setpriv", "--no-new-privs"])
    #expect(found.status == 0)
    #expect(
      found.text.hasPrefix("  [WARN] this process may not gain privileges (no_new_privs)"), "\(found.text)")
  }

  @Test func `a cache that cannot be written fails as a build fails`() throws {
    let locked = "\(site.directory)/locked"
    try FileManager.default.createDirectory(atPath: locked, withIntermediateDirectories: false)
    try site.user.own(locked)
    chmod(locked, 0o555)
    let found = try findings(environment: ["CAPSEM_CACHE_DIR": "\(locked)/cache"])
    #expect(found.status == 1)
    let fix = "set CAPSEM_CACHE_DIR to another directory, or make this one writable for you"
    #expect(
      found.text == """
          [WARN] namespaces were not tried, for what failed elsewhere on this page
          [FAIL] cannot use the cache \(locked)/cache: cannot create a directory in \(locked): Permission denied
                 fix: \(fix)

        """)
    let build = try site.run(["build"], cache: "\(locked)/cache")
    #expect(build.status == 1)
    #expect(build.errors.hasPrefix("error: cannot use the cache \(locked)/cache: cannot create "))
    #expect(build.errors.hasSuffix("hint: \(fix)\n"))
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `a small cache fails, and so does one that runs no programs`() throws {
    let small = try findings(
      inside: privately("mount -t tmpfs -o size=6m,nr_inodes=100,mode=777 tmpfs \(site.cache)"))
    #expect(small.status == 1)
    #expect(
      small.text.contains(
        "  [FAIL] the cache: 6 MB and 99 inodes free, the default image takes 2.7 GB and 60000 inodes\n")
        || small.text.contains("  [FAIL] the cache: 6 MB and 98 inodes free, "), "\(small.text)")
    #expect(small.text.contains("         fix: free some in \(site.cache)\n"))
    let noexec = try findings(inside: privately("mount -t tmpfs -o noexec,mode=777 tmpfs \(site.cache)"))
    #expect(noexec.text.contains("[FAIL] the cache: \(site.cache) is mounted noexec, "), "\(noexec.text)")
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `assets that cannot be written fail`() throws {
    let found = try findings(
      inside: privately("mount --bind \(site.assets) \(site.assets); mount -o remount,ro,bind \(site.assets)")
    )
    #expect(found.status == 1)
    #expect(found.text.hasPrefix("  [FAIL] cannot write assets to \(site.assets): Read-only file system\n"))
  }

  @Test func `a keyring must be there and hold something`() throws {
    for (content, said) in [
      (nil, "[FAIL] cannot verify stable: there is no keyring"),
      ("", "[FAIL] cannot read keyring \(site.directory)/keyring.gpg: it is empty\n"),
      (
        "-----BEGIN PGP PUBLIC",
        "expected a binary keyring, found an armoured one\n         fix: gpg --dearmor"
      ),
    ] {
      if let content { try site.write(content, to: "keyring.gpg") }
      var stanza = try SignedArchive.shared.get().stanza
      stanza.keyring = "\(site.directory)/keyring.gpg"
      try site.configure(["greeting"], from: [stanza])
      let found = try findings()
      #expect(found.status == 1)
      #expect(found.text.contains(said), "\(found.text)")
    }
  }

  @Test func `a mirror that answers passes, one that does not warns, and none is asked offline`() throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    try archive.serve(on: server)
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    #expect(try findings().text == "")
    #expect(server.requests.map(\.path) == ["/dists/stable/InRelease"])
    #expect(try findings(["--offline"]).text == "")
    #expect(server.requests.count == 1)

    let nobody = "http://127.0.0.1:\(LoopbackServer.freePort())"
    try site.configure(["greeting"], from: [archive.stanza(at: nobody)])
    let found = try findings()
    #expect(found.status == 0)
    #expect(found.text.hasPrefix("  [WARN] cannot fetch \(nobody)/dists/stable/InRelease: "), "\(found.text)")
    #expect(found.text.contains("         fix: check the network and the proxy variables"))
  }

  @Test func `a mirror that hangs is waited for five seconds`() throws {
    let archive = try SignedArchive.shared.get()
    let server = LoopbackServer()
    server.on("/dists/stable/InRelease", .stall([1, 2, 3], after: 1))
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    let start = ContinuousClock.now
    let found = try findings()
    let time = ContinuousClock.now - start
    #expect(
      found.text.contains(
        "[WARN] cannot fetch \(server.url(""))/dists/stable/InRelease: no answer within 5 s"), "\(found.text)"
    )
    #expect(time >= .seconds(5))
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `a name server that is silent is not waited for longer`() throws {
    try site.configure(
      ["greeting"], from: [SignedArchive.shared.get().stanza(at: "http://mirror.example/debian")])
    try site.write("nameserver 127.0.0.1\n", to: "resolv.conf")
    let silence = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53))"
    let start = ContinuousClock.now
    let found = try findings(
      inside: [
        "/usr/bin/unshare", "--net", "--mount", "/bin/sh", "-ec",
        """
        ip link set lo up
        mount --bind \(site.directory)/resolv.conf /etc/resolv.conf
        timeout 20 python3 -c "\(silence); time.sleep(20)" >/dev/null 2>&1 &
        trap "kill $!" EXIT
        "$@"
        """, "sh",
      ], environment: ["http_proxy": ""])
    let time = ContinuousClock.now - start
    #expect(found.text.contains("[WARN] cannot fetch http://mirror.example/"), "\(found.text)")
    #expect(time < .seconds(8), "\(time)")
  }

  @Test func `a release that does not hold fails`() throws {
    let expired = try SignedArchive(release: ["Valid-Until": "Sat, 18 Nov 2023 00:00:00 UTC"])
    try site.configure(["greeting"], from: [expired.stanza])
    #expect(try findings().text.contains("InRelease: it was valid until 2023-11-18 00:00:00 UTC, now is "))
    let future = try SignedArchive(date: 4_000_000_000)
    try site.configure(["greeting"], from: [future.stanza])
    let found = try findings()
    #expect(found.status == 1)
    #expect(found.text.contains("it is from the future: dated 2096-10-02 07:06:40 UTC, now is "))
    #expect(found.text.contains("         fix: check this host's clock\n"))
    var stranger = try SignedArchive.shared.get().stanza
    stranger.keyring = future.keyring
    try site.configure(["greeting"], from: [stranger])
    #expect(
      try findings().text.contains("expected a good signature by a key of \(future.keyring), found none"))
  }

  @Test func `certificate authorities that are not there fail`() throws {
    let found = try findings(environment: ["SSL_CERT_FILE": "/nonexistent", "CURL_CA_BUNDLE": ""])
    #expect(found.status == 1)
    #expect(
      found.text == """
          [FAIL] cannot trust any server: no certificate authorities in /nonexistent
                 fix: name a file of them in CURL_CA_BUNDLE or SSL_CERT_FILE

        """)
  }

  @Test func `a Python index is named without its address`() throws {
    let secret = "https://user:secret@index.example/simple"
    let result = try site.run(["doctor"], environment: ["PIP_INDEX_URL": secret])
    #expect(result.output.contains("  [PASS] the Python index comes from PIP_INDEX_URL\n"))
    #expect(!result.output.contains("secret"))
  }

  @Test func `a config that does not load fails, and the host is checked all the same`() throws {
    try site.write("[build\n", to: "guest/config/build.toml")
    let found = try findings()
    #expect(found.status == 1)
    #expect(
      found.text.hasPrefix("  [FAIL] cannot load the config: guest/config/build.toml:1:"), "\(found.text)")
    let none = try findings(["nowhere"])
    #expect(
      none.text == """
          [FAIL] cannot load the config: nowhere/config: no such directory
                 fix: `capsem-native init nowhere` writes a first config

        """)
  }

  @Test func `artifacts that the image needs and are not there fail`() throws {
    try FileManager.default.removeItem(atPath: "\(site.guest)/artifacts/tips.txt")
    let found = try findings()
    #expect(found.status == 1)
    #expect(
      found.text.hasPrefix("  [FAIL] cannot install the guest's files: missing tips.txt\n"), "\(found.text)")
  }
}
