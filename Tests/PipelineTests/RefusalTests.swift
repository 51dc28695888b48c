import Foundation
import Glibc
import TestSupport
import Testing

/// Builds that cannot be: one error with a remedy, status 1, and earlier assets untouched.
@Suite struct RefusalTests {
  /// Runs a build that is to fail, and returns what it said.
  private func refusal(
    _ site: BuildSite, _ arguments: [String] = [], inside: [String] = [], cache: String? = nil,
    location: SourceLocation = #_sourceLocation
  ) throws -> String {
    try site.placeEarlierAssets()
    let result = try site.run(
      ["build", "guest", "--until", "staged", "--progress", "none"] + arguments, inside: inside, cache: cache)
    #expect(result.status == 1, sourceLocation: location)
    #expect(result.output == "", sourceLocation: location)
    #expect(
      try contents(ofFile: site.image) == Array("an earlier image".utf8), sourceLocation: location)
    #expect(
      try contents(ofFile: "\(site.assets)/manifest.json") == Array("{}\n".utf8), sourceLocation: location)
    #expect(try site.leftovers() == [], sourceLocation: location)
    return result.errors
  }

  private func site(_ archive: SignedArchive, _ packages: [String] = ["greeting"]) throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(packages, from: [archive.stanza])
    return site
  }

  @Test func `names the place of a wrong package name, and the right one`() throws {
    let site = try site(try SignedArchive.shared.get(), ["greting"])
    let said = try refusal(site)
    #expect(
      said == """
        error: cannot resolve greting: no source has a package of that name
        hint: did you mean greeting?
        hint: it is asked for at guest/config/packages/apt.toml:6:3

        """)
  }

  @Test func `names a mirror that does not answer`() throws {
    let archive = try SignedArchive.shared.get()
    let site = try BuildSite()
    let base = "http://127.0.0.1:\(LoopbackServer.freePort())"
    try site.configure(["greeting"], from: [archive.stanza(at: base)])
    let said = try refusal(site)
    #expect(said.hasPrefix("error: cannot fetch \(base)/dists/stable/InRelease: "))
    #expect(
      said.hasSuffix(
        """

        hint: check the network and the proxy variables (http_proxy, https_proxy, no_proxy)
        hint: name a mirror that this host reaches, with --mirror DIR|URL or in the config

        """))
    #expect(said.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1)
  }

  @Test func `refuses a package that was altered, and keeps nothing of it`() throws {
    let archive = try SignedArchive()
    let path = try "\(archive.root)/" + #require(archive.pool.first { $0.contains("/libgreeting_") })
    var bytes = try #require(try contents(ofFile: path))
    let genuine = Data(bytes)
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    let site = try site(archive)
    let said = try refusal(site)
    #expect(said.hasPrefix("error: cannot fetch libgreeting 1.0 (all): expected sha256 "))
    #expect(said.contains("\n  cause: from file://\(archive.root)/pool/"))
    #expect(
      said.contains("\nhint: a proxy or a stale mirror may be in between; name another with --mirror\n"))
    // The genuine one is accepted by the same cache.
    try genuine.write(to: URL(filePath: path))
    #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
  }

  @Test func `refuses a truncated package`() throws {
    let archive = try SignedArchive()
    let path = try "\(archive.root)/" + #require(archive.pool.first { $0.contains("/greeting_") })
    let bytes = try #require(try contents(ofFile: path))
    try Data(bytes.dropLast(10)).write(to: URL(filePath: path))
    #expect(
      try refusal(try site(archive)).hasPrefix(
        "error: cannot fetch greeting 2.0 (all): truncated: expected \(bytes.count) bytes, received \(bytes.count - 10)\n"
      ))
  }

  @Test func `refuses a Release file that has expired`() throws {
    let archive = try SignedArchive(release: ["Valid-Until": "Fri, 15 Dec 2023 22:13:20 UTC"])
    let said = try refusal(try site(archive))
    let place = "file://\(archive.root)/dists/stable/InRelease"
    #expect(
      said.hasPrefix("error: cannot use \(place): it was valid until 2023-12-15 22:13:20 UTC, now is "))
    #expect(
      said.hasSuffix(
        " UTC\nhint: the mirror is out of date: name another, or a snapshot with [build.apt] snapshot\n"))
  }

  @Test func `refuses a Release file without a signature`() throws {
    let archive = try SignedArchive(signs: false)
    let said = try refusal(try site(archive))
    #expect(said.hasPrefix("error: cannot verify file://\(archive.root)/dists/stable/InRelease: "), "\(said)")
    #expect(said.contains("\nhint: "))
  }

  @Test func `refuses the signature of another key`() throws {
    let (archive, other) = (try SignedArchive(), try SignedArchive.shared.get())
    let site = try BuildSite()
    try site.configure(
      ["greeting"],
      from: [.init(uri: "file://\(archive.root)", suite: "stable", keyring: other.keyring)])
    let said = try refusal(site)
    #expect(said.hasPrefix("error: cannot verify file://\(archive.root)/dists/stable/InRelease: "), "\(said)")
    #expect(said.contains("\nhint: "))
  }

  @Test func `says which keyring is missing`() throws {
    let archive = try SignedArchive.shared.get()
    let site = try BuildSite()
    try site.configure(
      ["greeting"], from: [.init(uri: "file://\(archive.root)", suite: "stable", keyring: "/absent.gpg")])
    #expect(
      try refusal(site).hasPrefix("error: cannot verify stable: there is no keyring /absent.gpg\nhint: "))
  }

  @Test func `says what is missing offline`() throws {
    let site = try site(try SignedArchive.shared.get())
    #expect(
      try refusal(site, ["--offline"]) == """
        error: cannot resolve packages offline: no lock, and no earlier resolution of this configuration
        hint: run `capsem-native lock guest` while there is a network

        """)
  }

  @Test func `says what is wrong with a config, with its place`() throws {
    let site = try site(try SignedArchive.shared.get())
    try site.write("[apt]\nname = 4\nmanager = \"apt\"\n", to: "guest/config/packages/apt.toml")
    let said = try refusal(site)
    #expect(said.hasPrefix("error: cannot load guest/config: 3 problems"), "\(said)")
    #expect(said.contains("guest/config/packages/apt.toml:2:8: apt.name: "))
  }

  // MARK: The host

  @Test(.enabled("needs root", { Requirement.root }))
  func `says how a full cache can be helped`() throws {
    // More than the tmpfs holds, and hard to compress.
    let data = noise(4 << 20).map { String($0, radix: 16) }.joined()
    let archive = try SignedArchive(
      packages: SignedArchive.packages + [
        FixturePackage("big", "1") { file("/usr/share/big", data) }
      ])
    let site = try site(archive, ["big"])
    // A tree that may have to be kept is not staged in memory.
    let said = try refusal(
      site, ["--keep"],
      inside: privately(
        "mount -t tmpfs -o size=6m,mode=777 tmpfs \(site.cache)"))
    #expect(said.hasPrefix("error: cannot "), "\(said)")
    #expect(said.contains("No space left on device"), "\(said)")
    #expect(
      said.contains("\nhint: the file system is full; free space there, or name another place\n"), "\(said)")
    #expect(said.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1)
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `says how a full output directory can be helped`() throws {
    let site = try site(try SignedArchive.shared.get())
    try FileManager.default.createDirectory(
      atPath: "\(site.directory)/small", withIntermediateDirectories: true)
    let said = try refusal(
      site, ["--output", "small"],
      inside: privately("mount -t tmpfs -o size=64k,mode=777 tmpfs \(site.directory)/small"))
    #expect(said.contains("No space left on device"), "\(said)")
    #expect(
      said.contains("\nhint: the file system is full; free space there, or name another place\n"), "\(said)")
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `says which package newuidmap comes in`() throws {
    let site = try site(try SignedArchive.shared.get())
    #expect(
      try refusal(
        site, ["--tier", "subuid"], inside: privately("mount --bind /dev/null /usr/bin/newuidmap")) == """
          error: cannot run newuidmap: it is not installed on this host
          hint: sudo apt-get install uidmap

          """)
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `says when newuidmap is not set-uid`() throws {
    let site = try site(try SignedArchive.shared.get())
    let said = try refusal(
      site, ["--tier", "subuid"],
      inside: privately(
        "mount -t tmpfs tmpfs /mnt; cp /usr/bin/newuidmap /mnt/; mount --bind /mnt/newuidmap /usr/bin/newuidmap"
      ))
    #expect(
      said.hasPrefix("error: cannot map the ids of a user namespace: newuidmap failed\n  cause: newuidmap: "))
    #expect(said.contains("\nhint: check that /usr/bin/newuidmap is setuid root (sudo chmod u+s), "))
  }

  @Test(.enabled("needs root", { Requirement.root }), arguments: ["/etc/subuid", "/etc/subgid"])
  func `says how to grant the ids that a user lacks`(file: String) throws {
    let site = try site(try SignedArchive.shared.get())
    let said = try refusal(
      site, ["--tier", "subuid"], inside: privately("mount --bind /dev/null \(file)"))
    let lines = said.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("error: cannot build as "))
    #expect(lines[0].hasSuffix(": \(file) grants no range of 65536 ids"))
    #expect(lines[1].hasPrefix("hint: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "))
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `refuses an output directory that cannot be written, before it does anything`() throws {
    let site = try site(try SignedArchive.shared.get())
    let said = try refusal(
      site,
      inside: privately("mount --bind \(site.assets) \(site.assets); mount -o remount,ro,bind \(site.assets)")
    )
    #expect(
      said == """
        error: cannot write assets to \(site.assets)/\(BuildSite.architecture): Read-only file system
        hint: name another directory with --output, or make this one writable for you

        """)
  }

  @Test func `refuses an output directory without the right to write`() throws {
    let site = try site(try SignedArchive.shared.get())
    let locked = "\(site.directory)/locked"
    try FileManager.default.createDirectory(atPath: locked, withIntermediateDirectories: false)
    try site.user.own(locked)
    chmod(locked, 0o555)
    #expect(
      try refusal(site, ["--output", "locked"]) == """
        error: cannot write assets to \(locked)/\(BuildSite.architecture): Permission denied
        hint: name another directory with --output, or make this one writable for you

        """)
  }

  /// Words before a command that give it mounts of its own.
  private func privately(_ script: String) -> [String] {
    ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec", "\(script); exec \"$@\"", "sh"]
  }
}
