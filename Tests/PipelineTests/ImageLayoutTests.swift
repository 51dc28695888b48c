import Foundation
import TestSupport
import Testing

/// The bytes of one image, from one archive whose packages run nothing. Of the archive's signature, which
/// differs from run to run, nothing enters a tree that is only staged.
@Suite struct ImageLayoutTests {
  /// `ImageLayout.version`, and the SHA-256 of what it makes of `packages`.
  private static let layout = 1
  private static let image = "5890107127f20deff4be8381910aad3236802de9ce50502d61739e224bfe5f04"

  private static let archive = Result { try SignedArchive(packages: packages) }

  /// A little of everything that has a place in an image: names that are indexed by hashes, names of one
  /// file, holes, a long target, a map of extents, modes.
  private static let packages: [FixturePackage] = [
    FixturePackage("layout", "1:2.0~rc1+b1", essential: true, priority: "required") {
      file("/usr/lib/os-release", "ID=fixture\n")
      symbolicLink("/etc/os-release", to: "../usr/lib/os-release")
      for number in 0..<400 { file("/usr/share/many/file-with-a-name-of-some-length-\(number)", "\(number)") }
      file("/usr/bin/one", mode: 0o4755, String(repeating: "one\n", count: 3000))
      hardLink("/usr/bin/another", to: "/usr/bin/one")
      hardLink("/etc/third", to: "/usr/bin/one")
      file(
        "/usr/lib/sparse",
        "a" + String(repeating: "\0", count: 300_000) + "b" + String(repeating: "\0", count: 900_000) + "c")
      symbolicLink("/usr/lib/long", to: String(repeating: "l/", count: 90) + "end")
      directory("/var/tmp", mode: 0o1777)
      file("/usr/share/na\u{ef}ve name", "")
      conffiles("/etc/third")
    },
    FixturePackage("second", "1", depends: "layout") { file("/usr/share/second/file", "second") },
  ]

  /// Where the staging tree lies, and whose it is.
  enum Circumstance: String, CaseIterable, CustomTestStringConvertible {
    case user, single, root, tmpfs, ext4

    var testDescription: String { rawValue }
  }

  private func digest(_ circumstance: Circumstance) throws -> String? {
    let user: TestUser =
      switch circumstance {
      case .root: .root
      case .single: .single
      case .user, .tmpfs, .ext4: .ordinary
      }
    let site = try BuildSite(user)
    try site.configure(["second"], from: [try ImageLayoutTests.archive.get().stanza])
    var inside: [String] = []
    if circumstance == .tmpfs || circumstance == .ext4 {
      let disk = "\(site.directory)/home/disk"
      if circumstance == .ext4 { try runTool("mke2fs", ["-q", "-t", "ext4", disk, "200M"]) }
      let mount = circumstance == .tmpfs ? "-t tmpfs tmpfs" : "-o loop \(disk)"
      let script =
        "mount \(mount) \(site.cache) && chown \"$(stat -c %u:%g \(site.guest))\" \(site.cache) && exec \"$@\""
      inside = ["unshare", "--mount", "sh", "-c", script, "sh"]
    }
    let result = try site.run(["build", "guest", "--until", "staged"], inside: inside)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try site.run(["lock", "guest"]).status == 0)
    let lock = try contents(ofFile: "\(site.guest)/capsem.lock").map { String(decoding: $0, as: UTF8.self) }
    #expect(lock?.contains("\nimage_layout = \(ImageLayoutTests.layout)\n") == true)
    return try site.digest(site.image)
  }

  /// dpkg's database names the architecture, so the digest is that of amd64.
  @Test(
    .enabled("needs root, and amd64", { Requirement.root && BuildSite.debian == "amd64" }),
    arguments: Circumstance.allCases)
  func `the image has the bytes that were committed with its layout's number`(circumstance: Circumstance)
    throws
  {
    let found = try digest(circumstance)
    #expect(
      found == ImageLayoutTests.image,
      """
      The bytes of images have changed: found \(found ?? "no image"). If that is meant, raise ImageLayout.version, say why beside it, and \
      commit the new number and SHA-256 here. If it is not meant, or only some circumstances fail, the change \
      has brought something of the host into the image: `capsem-native diff` of two images names it.
      """)
  }
}
