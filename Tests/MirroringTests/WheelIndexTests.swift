import BuildModel
import FileTree
import Foundation
import TestSupport
import Testing

@testable import Mirroring

/// The index as pip sees it, from a server and from the file system.
@Suite struct WheelIndexTests {
  let fixture: MirrorFixture
  let wheels: [String: [UInt8]]

  init() throws {
    fixture = try MirrorFixture()
    wheels = [
      "Some_Thing-1.0+local-py3-none-any.whl": try fixture.buildWheel(
        "Some_Thing-1.0+local-py3-none-any.whl", name: "Some.Thing", requires: ["Other>=1"]),
      "other-2.0-py3-none-any.whl": try fixture.buildWheel("other-2.0-py3-none-any.whl", name: "Other"),
      "other-1.0-py3-none-any.whl": try fixture.buildWheel("other-1.0-py3-none-any.whl", name: "Other"),
    ]
    let lock = MirrorFixture.lock(
      [MirrorFixture.release("main", "stable", at: nil)],
      wheels: wheels.map { MirrorFixture.wheel($0.key, $0.value) })
    try fixture.mirror(lock, texts: ["InRelease of stable"], wheels: Array(wheels.values))
  }

  /// pip, of the host, without its cache; returns what it installed and from where.
  private func install(_ arguments: [String]) throws -> (said: String, installed: [String]) {
    let target = fixture.scratch.file("target-\(UUID().uuidString)")
    let said = try runTool(
      "/usr/bin/python3",
      ["-m", "pip", "install", "--isolated", "--no-cache-dir", "--disable-pip-version-check", "-vv"]
        + ["--target", target, "--no-compile"] + arguments)
    let found = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
    return (said, found.filter { $0.hasSuffix(".dist-info") })
  }

  private let both = ["Some_Thing-1.0+local.dist-info", "other-2.0.dist-info"]

  @Test func `pip installs from it over http`() throws {
    let server = LoopbackServer()
    for name in try files(below: fixture.directory) {
      let bytes = try contents(ofFile: "\(fixture.directory)/\(name)") ?? []
      if name.hasSuffix("/index.html") {
        server.on(
          "/\(name.dropLast("index.html".count))",
          .status(200, headers: ["Content-Type": "text/html"], body: String(decoding: bytes, as: UTF8.self)))
      } else {
        server.on("/\(name.replacing("+", with: "%2B"))", .serve(bytes))
      }
    }
    let (_, installed) = try install(["--index-url", server.url("/simple/"), "some-thing"])
    #expect(installed == both)
    #expect(!server.requests.contains { $0.path.contains("other-1.0") })

    // A wheel that is not what the page says.
    server.on("/wheels/other-2.0-py3-none-any.whl", .serve(wheels["other-1.0-py3-none-any.whl"] ?? []))
    #expect(throws: ToolFailure.self) { try install(["--index-url", server.url("/simple/"), "other"]) }
  }

  @Test func `pip installs from it without a server, and from the wheels' directory`() throws {
    let pages = try install(["--index-url", "file://\(fixture.directory)/simple/", "some-thing"])
    #expect(pages.installed == both)
    let links = try install([
      "--no-index", "--find-links", "\(fixture.directory)/wheels", "some.thing", "other<2",
    ])
    #expect(links.installed == ["Some_Thing-1.0+local.dist-info", "other-1.0.dist-info"])
  }

  @Test func `a page tells the digests of the wheel and of its metadata, and which Python it needs`() throws {
    let page = try #require(try fixture.text("simple/other/index.html"))
    let file = "other-1.0-py3-none-any.whl"
    let metadata = try #require(try contents(ofFile: "\(fixture.directory)/wheels/\(file).metadata"))
    #expect(
      page.contains(
        """
        <a href="../../wheels/\(file)#sha256=\(Digest(of: wheels[file] ?? []))" \
        data-core-metadata="sha256=\(Digest(of: metadata))" data-requires-python="&gt;=3.7,&lt;4">\(file)</a>
        """), "\(page)")
    #expect(String(decoding: metadata, as: UTF8.self).hasPrefix("Metadata-Version: 2.1\nName: Other\n"))
    #expect(
      try #require(try fixture.text("simple/index.html")).contains("<a href=\"some-thing/\">some-thing</a>"))
  }

  /// Where the version begins in such a name is anybody's guess.
  @Test func `a source distribution is on the page of the project that it names`() throws {
    let file = "foo-1.0-beta.tar.gz"
    let scratch = try ScratchDirectory()
    try scratch.write(
      Array("Metadata-Version: 2.1\nName: Foo\nVersion: 1.0-beta\n".utf8), to: "foo-1.0-beta/PKG-INFO")
    try runTool("tar", ["czf", scratch.file(file), "-C", scratch.path, "foo-1.0-beta"])
    let bytes = try scratch.read(file) ?? []
    let mirror = try MirrorFixture()
    let lock = MirrorFixture.lock(
      [MirrorFixture.release("main", "stable", at: nil)], wheels: [MirrorFixture.wheel(file, bytes)])
    try mirror.mirror(lock, texts: ["InRelease of stable"], wheels: [bytes])
    let versions = try runTool(
      "/usr/bin/python3",
      ["-m", "pip", "index", "versions", "--isolated", "--no-cache-dir", "--pre", "foo"]
        + ["--index-url", "file://\(mirror.directory)/simple/"])
    #expect(versions.hasPrefix("foo (1.0b0)\n"), "\(versions)")
  }
}
