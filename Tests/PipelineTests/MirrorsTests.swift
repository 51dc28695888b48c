import BuildModel
import Diagnosis
import FileTree
import Testing

@testable import Pipeline

/// Which archives are asked, and in which order.
@Suite struct MirrorsTests {
  private static let context = HostContext(
    environment: [:], now: 0, executable: "/none", cacheDirectory: "/none", processors: 1, userID: 1)

  private func sources(snapshot: String?, mirror: String? = "https://snapshot.example/archive/debian/")
    -> DebianSources
  {
    var sources = DebianSources()
    let position = SourcePosition(file: "build.toml")
    sources.snapshot = snapshot.map { Located($0, at: position) }
    sources.snapshotMirror = mirror.map { Located($0, at: position) }
    return sources
  }

  private func release(_ suite: String, at uri: String?) -> LockedRelease {
    LockedRelease(
      name: "main", imageURI: uri, suite: suite, components: ["main"], date: 0, inRelease: Digest(of: ""),
      inReleaseSize: 0, signedBy: [])
  }

  @Test func `a snapshot of the lock's time comes last`() throws {
    let mirrors = Mirrors(requested: nil, context: Self.context)
    let places = mirrors.others(
      for: release("a-suite", at: "https://mirror.example/debian"), of: sources(snapshot: nil),
      lockDate: 1_786_363_200)
    #expect(
      places == [
        "https://mirror.example/debian", "https://snapshot.example/archive/debian/20260810T180000Z",
        "https://snapshot.example/archive/debian/20260811T120000Z",
      ])
  }

  @Test func `security updates lie beside, and a port speaks what it speaks`() throws {
    let mirrors = Mirrors(requested: nil, context: Self.context)
    let places = mirrors.others(
      for: release("a-suite-security", at: "https://mirror.example:8080/debian"),
      of: sources(snapshot: "20260101T000000Z"), lockDate: 0)
    #expect(places.first == "https://snapshot.example/archive/debian-security/20260101T000000Z")
    #expect(!places.contains { $0.contains("8080") })
    #expect(
      mirrors.others(for: release("a-suite", at: nil), of: sources(snapshot: nil, mirror: nil), lockDate: 0)
        == [])
  }

  @Test func `a moment is resolved in its snapshot`() throws {
    var configuration = GuestConfiguration(directory: "guest")
    configuration.build.apt = sources(snapshot: "20260101T000000Z")
    let archives = try Mirrors(requested: nil, context: Self.context)
      .archives(of: configuration, suite: "a-suite")
    #expect(
      archives.map(\.uri) == [
        "https://snapshot.example/archive/debian/20260101T000000Z",
        "https://snapshot.example/archive/debian/20260101T000000Z",
        "https://snapshot.example/archive/debian-security/20260101T000000Z",
      ])
  }
}
