import BuildModel
import Diagnosis
import FileTree
import Testing

@testable import Mirroring

@Suite struct MirrorPlanTests {
  @Test func `gives each archive the place of its address`() throws {
    let lock = MirrorFixture.lock([
      MirrorFixture.release("main", "bookworm", at: "https://deb.example.org/debian"),
      MirrorFixture.release("updates", "bookworm-updates", at: "https://deb.example.org/debian"),
      MirrorFixture.release(
        "security", "bookworm-security", at: "https://deb.example.org:8443/debian-security"),
      MirrorFixture.release("stable", "stable", at: nil),
      MirrorFixture.release("odd", "odd", at: "https://deb.example.org/../../etc"),
    ])
    #expect(
      try MirrorFixture.plan(lock).suites.map(\.root) == [
        "apt/deb.example.org/debian", "apt/deb.example.org/debian",
        "apt/deb.example.org_8443/debian-security", "apt/local/stable", "apt/local/odd",
      ])
  }

  /// One package each, of one name and path, with contents of their own.
  @Test func `keeps files of one name apart when they are of two archives`() throws {
    let lock = MirrorFixture.lock(
      [
        MirrorFixture.release("a", "stable", at: "https://a.example.org/debian"),
        MirrorFixture.release("b", "stable", at: "https://b.example.org/debian"),
      ],
      packages: [
        MirrorFixture.package("p", in: "a", text: "one"), MirrorFixture.package("p", in: "b", text: "two"),
      ])
    let fixture = try MirrorFixture()
    try fixture.mirror(lock, texts: ["one", "two", "InRelease of stable"])
    #expect(try fixture.text("apt/a.example.org/debian/pool/main/p_1_all.deb") == "one")
    #expect(try fixture.text("apt/b.example.org/debian/pool/main/p_1_all.deb") == "two")
  }

  @Test func `refuses two contents for one place, and a path that leads elsewhere`() throws {
    let main = MirrorFixture.release("main", "stable", at: nil)
    let twice = MirrorFixture.lock(
      [main],
      packages: [
        MirrorFixture.package("p", in: "main", text: "one"),
        MirrorFixture.package("p", in: "main", text: "two"),
      ])
    let collision = try #require(throws: Report.self) { _ = try MirrorFixture.plan(twice) }
    #expect(
      collision.summary
        == "cannot mirror apt/local/main/pool/main/p_1_all.deb: the lock names two files of that name")
    var package = MirrorFixture.package("p", in: "main")
    package.path = "../../../home/p.deb"
    let escape = MirrorFixture.lock([main], packages: [package])
    let refusal = try #require(throws: Report.self) { _ = try MirrorFixture.plan(escape) }
    #expect(refusal.summary.hasSuffix("the path leads elsewhere"))
  }
}

@Suite struct MirrorCatalogueTests {
  let catalogue = MirrorCatalogue(
    url: "http://example.org/mirror",
    suites: [
      MirroredSuite(
        root: "apt/b", suite: "stable", components: ["main"], architectures: ["amd64"],
        keyring: "keyrings/b/stable.gpg"),
      MirroredSuite(
        root: "apt/a", suite: "stable", components: ["main", "contrib"], architectures: ["amd64", "arm64"],
        keyring: "keyrings/a/stable.gpg"),
    ],
    files: [
      "b": MirroredFile(size: 1, sha256: Digest(of: "1")),
      "a": MirroredFile(size: 1, sha256: Digest(of: "1")),
    ])

  @Test func `reads what it writes, and finds a content by its digest`() throws {
    let read = try MirrorCatalogue(parsing: Array(catalogue.text.utf8), named: "mirror.json")
    #expect(read == catalogue)
    #expect(read.text == catalogue.text)
    #expect(read.suites.map(\.root) == ["apt/a", "apt/b"])
    #expect(read.path(of: Digest(of: "1")) == "a")
    #expect(read.path(of: Digest(of: "2")) == nil)
  }

  @Test(arguments: [
    ("\"path\": \"a\"", "\"path\": \"../a\"", "expected a path with size and sha256"),
    ("\"path\": \"a\"", "\"path\": \"/a\"", "expected a path with size and sha256"),
    ("\"size\": 1", "\"size\": -1", "expected a path with size and sha256"),
    ("\"format\": 1", "\"format\": 2", "expected format 1, found 2"),
    ("\"format\": 1", "\"formal\": 1", "it names no format"),
    ("\"root\": \"apt/a\"", "\"root\": \"apt/../../a\"", "expected a suite with its root"),
  ])
  func `refuses a list that leads elsewhere, or of another format`(
    text: String, other: String, reason: String
  ) throws {
    let altered = catalogue.text.replacing(text, with: other)
    #expect(altered != catalogue.text)
    let refusal = try #require(throws: Report.self) {
      _ = try MirrorCatalogue(parsing: Array(altered.utf8), named: "mirror.json")
    }
    #expect(refusal.summary.hasPrefix("cannot read mirror.json: "))
    #expect(refusal.summary.contains(reason), "\(refusal.summary)")
  }
}
