import Foundation
import TestSupport
import Testing

/// A mirror that misbehaves: every build ends right or with one clear error, and the cache holds nothing
/// that is not what it is called.
@Suite struct FaultyMirrorTests {
  private let archive: SignedArchive
  private let server = LoopbackServer()
  private let site: BuildSite
  /// The package that is served badly, its path and its bytes.
  private let path: String
  private let bytes: [UInt8]

  init() throws {
    archive = try SignedArchive.shared.get()
    site = try BuildSite()
    try archive.serve(on: server)
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    let name = try #require(try archive.pool.first { $0.contains("/greeting_") })
    path = "/\(name)"
    bytes = try #require(try contents(ofFile: "\(archive.root)/\(name)"))
    let locked = try site.run(["lock", "guest", "--progress", "none"])
    guard locked.status == 0 else { throw ToolFailure(description: locked.errors) }
  }

  private func build(_ more: [String] = [], cache: String? = nil) throws -> ProgramResult {
    try site.run(
      ["build", "guest", "--locked", "--until", "staged", "--progress", "none"] + more, cache: cache)
  }

  /// Names of objects that are not the digests of their content, and files that are left half done.
  private func damage(in cache: String? = nil) throws -> String {
    try runTool(
      "sh",
      [
        "-c",
        """
        cd "$1/objects/sha256" || exit 0
        find . -type f | while read -r file; do
          sum=$(sha256sum "$file"); [ "${sum%% *}" = "${file##*/}" ] || echo "$file is ${sum%% *}"
        done
        """, "sh", cache ?? site.cache,
      ])
  }

  /// Faults that pass.
  @Test(arguments: ["cut", "corrupt, then sound", "stall", "429", "500", "redirect", "no ranges", "short"])
  func `a fault that passes costs time, and the image is right`(fault: String) throws {
    let wrong = Array(bytes.reversed())
    switch fault {
    case "cut": server.on(path, .breakOff(bytes, after: 100), .serve(bytes))
    case "corrupt, then sound":
      // The same archive in another place, which the command line names first.
      let other = LoopbackServer()
      try archive.serve(on: other)
      other.on(path, .serve(wrong))
      let result = try build(["--mirror", other.url("")])
      #expect(result.status == 0, "\(result.errors)")
      #expect(other.requests.contains { $0.path == path })
    case "stall": server.on(path, .stall(bytes, after: 100), .serve(bytes))
    case "429": server.on(path, .status(429, headers: ["Retry-After": "1"]), .serve(bytes))
    case "500": server.on(path, .status(500), .status(503), .serve(bytes))
    case "redirect":
      server.on("/elsewhere", .serve(bytes))
      server.on(path, .redirect(server.url("/elsewhere")))
    case "no ranges": server.on(path, .breakOff(bytes, after: 100), .ignoreRanges(bytes))
    default: server.on(path, .endEarly(bytes, after: 50), .serve(bytes))
    }
    let result = try build(["--output", "second"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try damage() == "")
    let clean = try site.run(
      ["build", "guest", "--locked", "--until", "staged", "--mirror", archive.root, "--progress", "none"],
      cache: "\(site.directory)/home/clean")
    #expect(clean.status == 0, "\(clean.errors)")
    #expect(
      try site.digest(site.image)
        == site.digest("\(site.directory)/second/\(BuildSite.architecture)/rootfs.ext4"))
  }

  @Test(arguments: [
    ("404", "no place that is known has it any more", "lock --update-package greeting"),
    ("corrupt", "expected sha256", "a proxy or a stale mirror"),
    ("too long", "too large: expected at most", "a proxy or a stale mirror"),
    ("403", "the server answered with status 403", "credentials"),
    ("file", "redirected", ""),
    ("endless", "redirected", ""),
  ])
  func `a fault that stays is one clear error`(fault: String, words: String, hint: String) throws {
    switch fault {
    case "404": server.on(path, .status(404))
    case "corrupt": server.on(path, .serve(Array(bytes.reversed())))
    case "too long": server.on(path, .serve(bytes + bytes))
    case "403": server.on(path, .status(403))
    case "file": server.on(path, .redirect("file://\(archive.root)\(path)"))
    default: server.on(path, .redirect(server.url(path)))
    }
    try site.placeEarlierAssets()
    let result = try build()
    #expect(result.status == 1)
    #expect(result.errors.split(separator: "\n").count { $0.hasPrefix("error: ") } == 1, "\(result.errors)")
    for words in ["cannot fetch greeting 2.0", words, hint] where !words.isEmpty {
      #expect(result.errors.contains(words), "\(result.errors)")
    }
    #expect(try damage() == "")
    // Nothing of it stays in the way of the next build.
    server.on(path, .serve(bytes))
    #expect(try build().status == 0)
  }

  @Test func `each place is named with its answer, and what is refused is not called gone`() throws {
    server.on(path, .status(404))
    let other = LoopbackServer()
    try archive.serve(on: other)
    other.on(path, .status(403))
    let refused = try build(["--mirror", other.url("")])
    #expect(refused.status == 1)
    for words in [
      "error: cannot fetch greeting 2.0 (all): the server answered with status 403\n",
      "  cause: \(other.url(path)): the server answered with status 403\n",
      "  cause: \(server.url(path)): not found (404)\n",
      "\nhint: the server wants credentials",
      "\nhint: `capsem-native lock --update-package greeting` locks the version that there is now\n",
    ] { #expect(refused.errors.contains(words), "\(refused.errors)") }
    #expect(!refused.errors.contains("any more"))
  }

  @Test func `yesterday's lists do not undo a lock`() throws {
    let older = try SignedArchive(keyOf: archive, date: 1_600_000_000)
    try older.serve(on: server)
    let result = try site.run(["lock", "guest"])
    #expect(result.status == 1)
    #expect(result.errors.contains("error: cannot use "), "\(result.errors)")
  }

  @Test func `what one mirror has dropped comes from another`() throws {
    let other = LoopbackServer()
    try archive.serve(on: other)
    other.on(path, .status(404))
    let result = try build(["--mirror", other.url("")])
    #expect(result.status == 0, "\(result.errors)")
    #expect(server.requests.contains { $0.path == path })
    // One of ours that lacks something serves the rest, unless nobody else may be asked.
    #expect(try site.run(["mirror", "guest", "mirror", "--locked"]).status == 0)
    let dropped = try runTool("find", ["\(site.directory)/mirror", "-name", "greeting_*"])
    let catalogue = "\(site.directory)/mirror/mirror.json"
    let text = try String(contentsOfFile: catalogue, encoding: .utf8)
    let digest = try #require(try site.digest(dropped.split(separator: "\n").map(String.init)[0]))
    try text.replacing(digest, with: String(repeating: "0", count: 64))
      .write(toFile: catalogue, atomically: true, encoding: .utf8)
    let cache = "\(site.directory)/home/another"
    let offline = try build(["--mirror", "mirror", "--offline"], cache: cache)
    #expect(offline.status == 1)
    #expect(offline.errors.contains("it has no greeting 2.0"), "\(offline.errors)")
    let online = try build(["--mirror", "mirror"], cache: cache)
    #expect(online.status == 0, "\(online.errors)")
    #expect(try damage(in: cache) == "")
  }

  @Test(arguments: ["nobody", "500", "no JSON"])
  func `a mirror that does not answer is passed over, with one warning`(fault: String) throws {
    let mirror = LoopbackServer()
    var address = mirror.url("")
    switch fault {
    case "nobody": address = "http://127.0.0.1:\(LoopbackServer.freePort())"
    case "500": mirror.on("/mirror.json", .status(500))
    default: mirror.on("/mirror.json", .serve(Array("<title>Welcome</title>".utf8)))
    }
    let result = try build(["--mirror", address, "--progress", "plain"])
    #expect(result.status == 0, "\(result.errors)")
    let warnings = result.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
    #expect(warnings.count == 1, "\(result.errors)")
    #expect(
      warnings.first?.hasPrefix(
        "warning: what the lock names is asked for elsewhere, without --mirror: cannot ") == true)
    #expect(warnings.first?.contains(address) == true)
    let alone = try build(
      ["--mirror", address, "--offline"], cache: "\(site.directory)/home/empty")
    #expect(alone.status == 1)
    #expect(alone.errors.contains("\(address)/mirror.json"), "\(alone.errors)")
    #expect(!alone.errors.contains("warning: what the lock"))
  }

  @Test func `a snapshot archive has what the config's own sources have dropped`() throws {
    let snapshots = LoopbackServer()
    // The nearest moment after the lock's date that a snapshot may have.
    try archive.serve(on: snapshots, at: "/archive/20231115T041320Z")
    server.on(path, .status(404))
    try site.configure(
      ["greeting"], from: [archive.stanza(at: server.url(""))],
      extra: "\n[build.apt]\nsnapshot_mirror = \"\(snapshots.url("/archive"))\"\n")
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "none"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(snapshots.requests.map(\.path) == ["/archive/20231115T041320Z\(path)"])
    // Resolving in a moment of it is what the uris are for.
    try site.configure(
      ["greeting"], from: [archive.stanza(at: server.url(""))],
      extra: "\n[build.apt]\nsnapshot = \"20231115T041320Z\"\n")
    let refused = try site.run(["validate", "guest"])
    #expect(refused.output.contains("build.apt.snapshot: has no meaning beside [[build.apt.sources]]"))
  }
}
