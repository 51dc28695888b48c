import BuildModel
import Diagnosis
import Fetching
import FileTree
import HostTools
import Store
import TestSupport
import Testing
import Transfer

@Suite struct IndexFetchTests {
  static let keys = Result { (try SigningKey(), try SigningKey("Stranger")) }

  let scratch: ScratchDirectory
  let server = LoopbackServer()
  let store: Store
  let downloader: Downloader
  let key: SigningKey
  let stranger: SigningKey
  let standard = FixtureSuite()

  init() throws {
    scratch = try ScratchDirectory()
    store = try Store(directory: scratch.file("cache"))
    var settings = TransferSettings()
    settings.firstDelay = 10
    downloader = Downloader(settings)
    (key, stranger) = try IndexFetchTests.keys.get()
  }

  private func source(roots: [String] = [""], suite: String = "bookworm") throws -> ArchiveSource {
    var bases: [Location] = []
    for root in roots { bases.append(try Location(server.url(root))) }
    return ArchiveSource(
      name: "main", bases: bases, suite: suite, components: ["main"], architectures: ["amd64"],
      signatures: SignatureVerifier(keyring: key.keyring))
  }

  private func fetch(_ source: ArchiveSource) throws -> VerifiedRelease {
    try IndexFetch(store: store, downloader: downloader, now: FixtureSuite.now).fetch(source)
  }

  private func report(_ source: ArchiveSource) throws -> Report {
    Report(of: try #require(throws: (any Error).self) { try fetch(source) })
  }

  @Test func `fetches a suite and its indexes by hash`() throws {
    let archive = standard
    let inRelease = try key.sign(archive.release)
    archive.serve(on: server, inRelease: inRelease)
    let release = try fetch(try source())
    #expect(release.payload == Array(archive.release.utf8))
    #expect(release.fingerprints == [key.fingerprint])
    #expect(try store.read(release.inRelease) == inRelease)
    let index = try #require(release.indexes.first)
    #expect(release.indexes.count == 1)
    #expect(index.path == "main/binary-amd64/Packages.xz")
    #expect(index.compression == .xz)
    #expect(index.content?.sha256 == Digest(of: "Package: hello\n"))
    #expect(try store.read(index.sha256) == Array("xz of Package: hello\n".utf8))
    #expect(
      server.requests.map(\.path) == [
        "/dists/bookworm/InRelease",
        "/dists/bookworm/main/binary-amd64/by-hash/SHA256/\(index.sha256)",
      ])
    let locked = release.locked(imageURI: "https://deb.test/debian")
    #expect(locked.date == FixtureSuite.date)
    #expect(locked.inRelease == Digest(of: inRelease))
    #expect(release.lockedIndexes(architecture: "amd64").map(\.path) == [index.path])
    #expect(release.lockedIndexes(architecture: "arm64") == [])
  }

  @Test func `fetches an index that it has no second time`() throws {
    let archive = standard
    archive.serve(on: server, inRelease: try key.sign(archive.release))
    _ = try fetch(try source())
    _ = try fetch(try source())
    #expect(server.requests.count == 3)
  }

  @Test func `goes by path where the archive has no hashes, and by gzip where it has no xz`() throws {
    var archive = standard
    archive.acquiresByHash = false
    archive.serve(
      on: server, inRelease: try key.sign(archive.release), unserved: ["main/binary-amd64/Packages.xz"])
    #expect(try fetch(try source()).indexes.map(\.compression) == [.gzip])
  }

  @Test func `reads an archive in a local directory`() throws {
    let archive = standard
    try scratch.write(try key.sign(archive.release), to: "mirror/dists/bookworm/InRelease")
    for (path, bytes) in archive.files { try scratch.write(bytes, to: "mirror/dists/bookworm/\(path)") }
    var local = try source()
    local.bases = [try Location(scratch.file("mirror"))]
    #expect(try fetch(local).indexes.map(\.path) == ["main/binary-amd64/Packages.xz"])
    #expect(server.requests == [])
  }

  @Test func `finds a security archive's components`() throws {
    var archive = standard
    archive.codename = "bookworm-security"
    archive.suite = "oldstable-security"
    archive.components = ["updates/main"]
    archive.serve(on: server, inRelease: try key.sign(archive.release))
    #expect(
      try fetch(try source(suite: "bookworm-security")).indexes.map(\.path) == [
        "main/binary-amd64/Packages.xz"
      ])
  }

  @Test(arguments: [
    "unsigned", "stranger", "altered", "text outside", "valid-until", "future", "suite", "no sha256",
    "no component",
  ])
  func `refuses a suite that does not hold, and keeps nothing of it`(flaw: String) throws {
    var archive = standard
    switch flaw {
    case "valid-until": archive.validUntil = "Sat, 21 Nov 2026 01:00:00 UTC"
    case "future": archive.date = "Sun, 22 Nov 2026 00:53:02 UTC"
    case "no sha256": archive.digests = "MD5Sum"
    case "no component": archive.files = ["contrib/binary-amd64/Packages": []]
    default: break
    }
    var wrong = archive
    if flaw == "suite" { (wrong.suite, wrong.codename) = ("stable", "trixie") }
    var inRelease = try (flaw == "stranger" ? stranger : key).sign(wrong.release)
    switch flaw {
    case "unsigned": inRelease = Array(archive.release.utf8)
    case "altered":
      inRelease = Array(
        String(decoding: inRelease, as: UTF8.self).split(separator: "Fixture").joined(separator: "Fixtuer")
          .utf8)
    case "text outside": inRelease += Array("Codename: sid\n".utf8)
    default: break
    }
    archive.serve(on: server, inRelease: inRelease)
    let report = try report(try source())
    #expect(report.summary.hasPrefix("cannot "))
    #expect(report.summary.contains(server.url("/dists/bookworm/InRelease")))
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `refuses an altered index, and keeps nothing of it`() throws {
    let archive = standard
    archive.serve(on: server, inRelease: try key.sign(archive.release))
    let bytes = Array("xy of Package: hello\n".utf8)
    let digest = Digest(of: archive.files["main/binary-amd64/Packages.xz"]!)
    server.on("/dists/bookworm/main/binary-amd64/by-hash/SHA256/\(digest)", .serve(bytes))
    server.on("/dists/bookworm/main/binary-amd64/Packages.xz", .serve(bytes))
    let report = try report(try source())
    #expect(report.summary.contains("expected sha256 \(digest), received \(Digest(of: bytes))"))
    #expect(try files(below: scratch.file("cache")) == [])
  }

  @Test func `verifies each mirror on its own`() throws {
    let archive = standard
    archive.serve(on: server, root: "/bad", inRelease: try stranger.sign(archive.release))
    archive.serve(on: server, root: "/good", inRelease: try key.sign(archive.release))
    let release = try fetch(try source(roots: ["/absent", "/bad", "/good"]))
    #expect(release.base.url == server.url("/good"))
    let report = try report(try source(roots: ["/bad", "/absent"]))
    #expect(report.causes.contains { $0.contains("/absent/dists/bookworm/InRelease: not found") })
  }
}
