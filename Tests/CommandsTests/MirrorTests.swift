import Foundation
import Glibc
import TestSupport
import Testing

/// `mirror`, and builds from what it wrote.
@Suite struct MirrorTests {
  let archive: SignedArchive
  let site: BuildSite

  init() throws {
    archive = try SignedArchive.shared.get()
    site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza])
  }

  private var mirror: String { "\(site.directory)/mirror" }
  private var catalogue: String { "\(mirror)/mirror.json" }
  private let packages = ["greeting 2.0", "libgreeting 1.0"]

  private func write(_ extra: String...) throws -> ProgramResult {
    try site.run(["mirror", "guest", "mirror", "--progress", "none"] + extra)
  }

  /// A build in a network namespace without interfaces, where that can be had, from an empty cache.
  private func buildOffline(_ arguments: String..., named name: String) throws -> ProgramResult {
    try site.run(
      ["build", "guest", "--until", "staged", "--progress", "none", "--output", "assets/\(name)"] + arguments,
      inside: getuid() == 0 ? ["/usr/bin/unshare", "--net"] : [], cache: "\(site.directory)/home/\(name)")
  }

  private func serve(on server: LoopbackServer) throws {
    for name in try files(below: mirror) {
      server.on("/m/\(name)", .serve(try contents(ofFile: "\(mirror)/\(name)") ?? []))
    }
  }

  private func client(_ name: String) throws -> AptClient {
    let sources = try String(contentsOfFile: "\(mirror)/capsem.sources", encoding: .utf8)
    return try AptClient(in: "\(site.directory)/runs/\(name)", sources: sources)
  }

  @Test func `writes once, then only what is new, and knows what it wrote`() throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    let first = try write("--locked")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.hasPrefix("mirrored into mirror: "))
    func state() throws -> String { try runTool("find", [mirror, "-printf", "%P %i %T@ %m\n"]) }
    let before = try state()
    let again = try write()
    #expect(again.errors.hasPrefix("mirrored into mirror: 0 files written, 0 B; "), "\(again.errors)")
    #expect(try state() == before)

    // InRelease is the archive's, byte for byte.
    let inRelease = try contents(ofFile: "\(archive.root)/dists/stable/InRelease")
    #expect(try contents(ofFile: "\(mirror)/apt/local/stable/dists/stable/InRelease") == inRelease)
    // Another machine, another directory: the same list.
    let text = try contents(ofFile: catalogue)
    let other = try site.run(
      ["mirror", "guest", "other", "--url", "http://m.example.org/"], cache: "\(site.directory)/home/other")
    #expect(other.status == 0)
    let moved = try site.run(["mirror", "guest", "mirror", "--url", "http://m.example.org/"])
    #expect(moved.status == 0)
    #expect(try contents(ofFile: catalogue) == contents(ofFile: "\(site.directory)/other/mirror.json"))
    #expect(try contents(ofFile: catalogue) != text)

    let sound = try site.run(["mirror", "--verify", "mirror"])
    #expect(sound.status == 0)
    #expect(sound.errors.hasPrefix("mirror is what its mirror.json says: "))
    try site.write("x", to: "mirror/superfluous")
    let unsound = try site.run(["mirror", "--verify", "mirror"])
    #expect(unsound.status == 1)
    #expect(
      unsound.errors == """
        error: cannot trust the mirror mirror: 1 file(s) are not as mirror.json says
          cause: superfluous: superfluous
        hint: `capsem-native mirror GUEST mirror` writes what is missing or altered again; remove what is superfluous

        """)
  }

  @Test func `apt installs from it without a server, and believes signatures only`() throws {
    #expect(try write().status == 0)
    let apt = try client("files")
    try apt.update()
    #expect(try apt.fetch(["greeting"]) == packages)

    // A list that somebody else wrote, and a package that is not what the list says.
    let dists = "\(mirror)/apt/local/stable/dists/stable"
    let signed = try String(contentsOfFile: "\(dists)/InRelease", encoding: .utf8)
    try signed.replacing("Origin: Fixture", with: "Origin: Forgery")
      .write(toFile: "\(dists)/InRelease", atomically: false, encoding: .utf8)
    #expect(throws: ToolFailure.self) { try client("forged").update() }
    try signed.write(toFile: "\(dists)/InRelease", atomically: false, encoding: .utf8)
    try client("mended").update()
  }

  @Test func `apt and a build take it from a web server`() throws {
    let server = LoopbackServer()
    #expect(try site.run(["lock", "guest"]).status == 0)
    #expect(try write("--url", server.url("/m/")).status == 0)
    try serve(on: server)
    let apt = try client("http")
    try apt.update()
    #expect(try apt.fetch(["greeting"]) == packages)
    let offline = try site.run(
      ["build", "guest", "--until", "staged", "--progress", "none", "--mirror", server.url("/m")]
        + ["--locked", "--offline"], cache: "\(site.directory)/home/http")
    #expect(offline.status == 0, "\(offline.errors)")
  }

  /// The config's archive and its keys are gone by then, as are network and cache.
  @Test func `a locked build from it needs nothing else, and makes the same bytes`() throws {
    let own = try SignedArchive()
    try site.configure(["greeting"], from: [own.stanza])
    #expect(try site.run(["lock", "guest"]).status == 0)
    #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
    #expect(try write().status == 0)
    try FileManager.default.removeItem(atPath: own.root)
    try FileManager.default.removeItem(atPath: own.keyring)
    let offline = try buildOffline("--offline", "--locked", "--mirror", "mirror", named: "offline")
    #expect(offline.status == 0, "\(offline.errors)")
    let image = try site.digest("\(site.assets)/offline/\(BuildSite.architecture)/rootfs.ext4")
    #expect(try image == site.digest(site.image))
    #expect(image != nil)
    // What is in the cache needs no mirror either.
    let cached = try site.run(["build", "guest", "--until", "staged", "--locked", "--offline"])
    #expect(cached.status == 0, "\(cached.errors)")
  }

  @Test func `a build says what the mirror lacks, and what to do`() throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    #expect(try write().status == 0)
    try site.configure(["greeting", "base"], from: [archive.stanza])
    let later = try SignedArchive(packages: SignedArchive.packages + [FixturePackage("more", "3")])
    try site.configure(["greeting", "more"], from: [later.stanza])
    #expect(try site.run(["lock", "guest"]).status == 0)
    let refused = try buildOffline("--mirror", "mirror", "--offline", named: "lacking")
    #expect(refused.status == 1)
    #expect(
      refused.errors == """
        error: cannot build from the mirror file://\(mirror): it has no more 3 (all)
        hint: run `capsem-native mirror guest DIR` on the mirror's directory, where there is a network: it adds what is new
        hint: or build without --offline: then other places are asked for what it lacks

        """)
    #expect(try write().status == 0)
    #expect(try buildOffline("--mirror", "mirror", "--offline", named: "there").status == 0)
  }

  @Test func `pruning keeps what the guest's lock and the given ones name`() throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    #expect(try write().status == 0)
    try runTool("cp", ["\(site.guest)/capsem.lock", "\(site.directory)/earlier.lock"])
    try site.configure(["libgreeting"], from: [archive.stanza])
    #expect(try site.run(["lock", "guest"]).status == 0)
    let kept = try write("--prune", "--lock", "earlier.lock")
    #expect(kept.errors.contains("unchanged, 0 removed\n"), "\(kept.errors)")
    let pruned = try write("--prune")
    #expect(pruned.errors.contains("unchanged, 1 removed\n"), "\(pruned.errors)")
    #expect(
      try files(below: mirror).filter { $0.hasSuffix(".deb") }.map { $0.split(separator: "/").last }
        == ["base_1_all.deb", "libgreeting_1.0_all.deb"])
    #expect(try site.run(["mirror", "--verify", "mirror"]).status == 0)
    let missing = try write("--prune", "--lock", "nowhere.lock")
    #expect(missing.status == 1)
    #expect(missing.errors == "error: cannot read the lock nowhere.lock: there is no such file\n")
  }

  @Test func `refuses to resolve in it, for it has nothing to choose from`() throws {
    #expect(try write().status == 0)
    let config = "suite = \"stable\"\nkeyring = \"\(archive.keyring)\"\n"
    try site.configure(["greeting"], extra: "\n[build.apt]\n\(config)")
    let refused = try site.run(["lock", "guest", "--mirror", "mirror", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.hasPrefix(
        """
        error: cannot resolve packages in the mirror \(mirror): it holds what a lock names, and nothing to choose from
        hint: build from the lock that it was made for, or resolve without --mirror

        """), "\(refused.errors)")
  }

  @Test func `says that a mirror without a lock serves no build elsewhere`() throws {
    let result = try site.run(["mirror", "guest", "mirror"])
    #expect(result.status == 0)
    #expect(
      result.errors.contains(
        """
        warning: guest has no capsem.lock: a build elsewhere does not know what this mirror is for
        hint: run `capsem-native lock guest`, then mirror again

        """), "\(result.errors)")
  }

  @Test func `refuses a directory that holds other things`() throws {
    try site.write("mine", to: "mirror/notes.txt")
    try site.user.own(mirror)
    let refused = try write()
    #expect(refused.status == 1)
    #expect(
      refused.errors.hasSuffix(
        """
        error: cannot write a mirror into \(mirror): it holds other files, and no mirror.json
        hint: name a new or an empty directory

        """), "\(refused.errors)")
    #expect(try files(below: mirror) == ["notes.txt"])
  }
}
