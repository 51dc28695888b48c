import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import Testing

@testable import Installing

@Suite(.asRoot) struct SealingTests {
  static let modified = Timestamp(seconds: 1_700_000_000)

  @Test func `takes out what differs between two builds`() throws {
    let scratch = try Scratch()
    let gone = [
      "var/log/dpkg.log", "var/log/apt/term.log", "var/cache/ldconfig/aux-cache", "run/x/y", "tmp/.z",
      "usr/share/emacs/site-lisp/elpa/markdown-mode-2.5/Install.log.gz",
    ]
    let kept = [
      "etc/passwd", "var/lib/dpkg/status", "var/lib/dpkg/info/x-old.list", "var/cache/debconf/config.dat",
      "var/cache/apt/archives/partial/.keep", "etc/ssh/ssh_config", "var/log/faillog", "run/lock/x",
      "usr/share/emacs/site-lisp/elpa/Install.log.gz", "usr/share/emacs/site-lisp/elpa/x/y/Install.log.gz",
      "var/cache/man/de/index.db.html",
    ]
    // Real dpkg leaves these, too; only an image that is sealed goes without.
    let goneFromImages = [
      "etc/passwd-", "etc/.pwd.lock", "var/lib/dpkg/status-old", "var/cache/debconf/config.dat-old",
      "var/cache/apt/pkgcache.bin", "var/cache/man/index.db", "var/cache/man/fr/index.db",
    ]
    for name in gone + kept + goneFromImages { try scratch.put(name, "content") }
    try scratch.put("var/log/apt.log", "x", mode: 0o640)
    try Normalisation(root: scratch.root.raw, modified: Self.modified).apply()
    let manager = FileManager.default
    for name in gone { #expect(!manager.fileExists(atPath: "\(scratch.path)/tree/\(name)"), "\(name)") }
    for name in kept + goneFromImages {
      #expect(manager.fileExists(atPath: "\(scratch.path)/tree/\(name)"), "\(name)")
    }
    #expect(try scratch.text("etc/passwd") == "content")
    #expect(
      try scratch.listing(of: "/var/log").contains("/apt.log file 0640 \(Digest(of: "").hex.prefix(8))"))
    let once = try scratch.listing()
    try Normalisation(root: scratch.root.raw, modified: Self.modified).apply()
    #expect(try scratch.listing() == once)
    try Sealing(root: scratch.root.raw, modified: Self.modified).apply(hostname: "capsem")
    for name in goneFromImages {
      #expect(!manager.fileExists(atPath: "\(scratch.path)/tree/\(name)"), "\(name)")
    }
  }

  @Test func `does not follow a link out of what it empties`() throws {
    let scratch = try Scratch()
    try scratch.put("precious/file", "content")
    mkdir("\(scratch.path)/tree/tmp", 0o777)
    symlink("/precious", "\(scratch.path)/tree/tmp/link")
    symlink("../precious/file", "\(scratch.path)/tree/etc-resolv")
    mkdir("\(scratch.path)/tree/etc", 0o700)
    symlink("../precious/file", "\(scratch.path)/tree/etc/resolv.conf")
    try Normalisation(root: scratch.root.raw, modified: Self.modified).apply()
    try Sealing(root: scratch.root.raw, modified: Self.modified).apply(hostname: "capsem")
    #expect(try scratch.text("precious/file") == "content")
    #expect(try scratch.listing(of: "/etc").contains("/resolv.conf file 0644"))
  }

  @Test func `leaves what the guest's init counts on`() throws {
    let scratch = try Scratch()
    for name in ["usr/lib/python3.11/EXTERNALLY-MANAGED", "usr/sbin/iptables-legacy-save", "root/.cache/x"] {
      try scratch.put(name)
    }
    try scratch.put("usr/sbin/iptables-nft", mode: 0o755)
    try scratch.put("usr/bin/vim.tiny", mode: 0o755)
    try scratch.put("usr/bin/su", "su", mode: 0o4755)
    try scratch.put("usr/bin/wall", "wall", mode: 0o2755)
    try scratch.put("var/mail/x")
    chmod("\(scratch.path)/tree/var/mail", 0o2775)
    chmod("\(scratch.path)/tree", 0o700)
    let stripped = try Sealing(root: scratch.root.raw, modified: Self.modified).apply(hostname: "capsem")
    #expect(stripped == ["usr/bin/su", "usr/bin/wall"])
    let lines = try scratch.listing().split(separator: "\n").map(String.init)
    for line in [
      "/dev directory 0755", "/proc directory 0755", "/root directory 0755", "/tmp directory 1777",
      "/usr/bin/vim link -> vim.tiny", "/var/mail directory 2775", "/var/tmp directory 1777",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(lines.contains { $0.hasPrefix("/usr/bin/su file 0755") })
    #expect(lines.contains { $0.hasPrefix("/usr/sbin/iptables-nft") })
    #expect(!lines.contains { $0.contains("MANAGED") || $0.contains("legacy") || $0.contains("/root/") })
    #expect(try scratch.text("etc/hostname") == "capsem\n")
    var status = stat()
    stat("\(scratch.path)/tree", &status)
    #expect(status.st_mode & 0o7777 == 0o755 && status.st_mtim.tv_sec == 1_700_000_000)
  }

  static let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

  @Test func `adds the authority to certifi once, and to its RECORD`() throws {
    let scratch = try Scratch()
    let wheel = WheelFixture(
      name: "certifi", version: "2026.1.1",
      entries: [.init("certifi/cacert.pem", "roots\n"), .init("certifi/__init__.py")])
    let scheme = PythonScheme.system(python: "3.11")
    try WheelInstaller(root: scratch.root.raw, modified: Self.modified).install(
      WheelPlan([WheelPlacement(scratch.wheel(wheel), scheme: scheme, isRequested: false)]), threads: 2)
    let bundle = try CertificateBundle(certificate: Array(Self.certificate.utf8))
    func add() throws -> [TreePath] {
      try bundle.add(
        to: [scheme.modules, "usr/lib/python3/dist-packages"], in: scratch.root.raw, label: "Capsem MITM CA",
        modified: Self.modified)
    }
    #expect(try add() == [scheme.modules.appending("certifi/cacert.pem".utf8)])
    let modules = "usr/local/lib/python3.11/dist-packages"
    let patched = try scratch.text("\(modules)/certifi/cacert.pem")
    #expect(patched == "roots\n\n# Label: \"Capsem MITM CA\"\n\(Self.certificate)")
    let row =
      "certifi/cacert.pem,sha256=\(Base64.urlSafe.text(of: Digest(of: patched).bytes)),\(patched.utf8.count)\n"
    #expect(try scratch.text("\(modules)/certifi-2026.1.1.dist-info/RECORD").contains(row))
    #expect(try add() == [])
    #expect(throws: Report.self) { try CertificateBundle(certificate: Array("\u{e9}".utf8)) }
  }

  private func release(_ name: String, _ uri: String?, _ suite: String, _ digest: Digest) -> LockedRelease {
    LockedRelease(
      name: name, imageURI: uri, suite: suite, components: ["main"], date: 0, inRelease: digest,
      inReleaseSize: 0, signedBy: [])
  }

  @Test func `writes sources and lists that apt accepts`() throws {
    let scratch = try Scratch()
    try scratch.put("etc/apt/sources.list", "old")
    try scratch.put("etc/apt/sources.list.d/other.list", "old")
    try scratch.put("var/lib/apt/lists/partial/x")
    try scratch.put("var/lib/apt/lists/old_InRelease")
    let content = "Origin: test\nComponents: main\nArchitectures: amd64\n"
    try scratch.put("index", content)
    let digest = Digest(of: content)
    let packages = "\(scratch.path)/packages.xz"
    try #require(
      run(["sh", "-c", "printf 'Package: a\\nVersion: 1\\nArchitecture: amd64\\n' | xz > \(packages)"]).status
        == 0)
    let packed = Array(try Data(contentsOf: URL(fileURLWithPath: packages)))
    let index = LockedIndex(
      release: "main", component: "main", path: "main/binary-amd64/Packages.xz", size: 5,
      sha256: Digest(of: packed))
    let lists = try AptLists(
      releases: [
        release("main", "https://deb.example/debian", "bookworm", digest),
        release("updates", "https://deb.example/debian", "bookworm-updates", digest),
        release("local", nil, "stable", digest),
        release("security", "https://deb.example/a_b~c/", "bookworm-security", digest),
      ], indexes: [index], keyring: "/usr/share/keyrings/archive.gpg")
    #expect(
      lists.sources == """
        Types: deb
        URIs: https://deb.example/debian
        Suites: bookworm bookworm-updates
        Components: main
        Signed-By: /usr/share/keyrings/archive.gpg

        Types: deb
        URIs: https://deb.example/a_b~c/
        Suites: bookworm-security
        Components: main
        Signed-By: /usr/share/keyrings/archive.gpg

        """)
    #expect(
      lists.files.map(\.name) == [
        "deb.example_a%5fb%7ec_dists_bookworm-security_InRelease",
        "deb.example_debian_dists_bookworm-updates_InRelease", "deb.example_debian_dists_bookworm_InRelease",
        "deb.example_debian_dists_bookworm_main_binary-amd64_Packages.xz",
      ])
    try lists.place(in: scratch.root.raw, modified: Self.modified) { wanted in
      try Descriptor(opening: wanted == digest ? "\(scratch.path)/tree/index" : packages, O_RDONLY)
    }
    let listing = try scratch.listing()
    #expect(
      !listing.contains("old_InRelease") && !listing.contains("other.list")
        && !listing.contains("sources.list "))
    #expect(listing.contains("/lists/partial/x") && listing.contains("debian.sources file 0644"))
    // apt itself says where it looks.
    let apt = try run([
      "apt-get", "-o", "Dir=\(scratch.path)/tree", "-o", "Dir::State::status=/dev/null", "-o",
      "APT::Architecture=amd64",
      "indextargets", "--format", "$(FILENAME)", "Created-By: Packages", "Component: main",
      "Architecture: amd64",
    ])
    #expect(
      apt.output.contains("deb.example_debian_dists_bookworm_main_binary-amd64_Packages"), "\(apt.output)")
  }

  @Test(arguments: [
    "http://deb.example/debian", "https://user:secret@deb.example/debian", "file:///srv/debian",
  ])
  func `refuses an address that an image must not name`(uri: String) {
    #expect(throws: Report.self) {
      try AptLists(releases: [release("main", uri, "x", Digest(of: ""))], indexes: [], keyring: "/k")
    }
  }
}
