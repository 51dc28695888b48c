import BuildModel
import Diagnosis
import Locking
import Testing

@Suite struct NpmLockTests {
  private static let integrity = "sha512-\(String(repeating: "A", count: 86))=="

  private static func lock(_ root: String, _ entries: String) throws -> NpmLock {
    try NpmLock(
      parsing: Array(
        """
        {"lockfileVersion": 3, "packages": {"": {"dependencies": {\(root)}}, \(entries)}}
        """.utf8))
  }

  private static func entry(_ place: String, _ more: String = "") -> String {
    """
    "\(place)": {"version": "1.0.0", "resolved": "https://r.example/x.tgz", "integrity": "\(integrity)"\(more)}
    """
  }

  private static func place(_ text: String) throws -> NpmPlace { try #require(NpmPlace(text)) }

  @Test func `takes what can be reached and what fits`() throws {
    let lock = try Self.lock(
      #""cli": "1""#,
      [
        Self.entry(
          "node_modules/cli",
          #", "dependencies": {"a": "1"}, "optionalDependencies": {"x64": "1", "arm64": "1"}"#),
        Self.entry("node_modules/cli/node_modules/a"),
        Self.entry("node_modules/cli/node_modules/x64", #", "name": "@cli/native", "bin": {"n": "n.js"}"#),
        Self.entry("node_modules/cli/node_modules/arm64", #", "dependencies": {"only": "1"}"#),
        Self.entry("node_modules/cli/node_modules/only"),
      ].joined(separator: ","))
    let unfit: Set = [try Self.place("node_modules/cli/node_modules/arm64")]
    let selected = try lock.selection(unfit: unfit, on: "x86_64")
    #expect(
      selected.map(\.place.text) == [
        "node_modules/cli", "node_modules/cli/node_modules/a", "node_modules/cli/node_modules/x64",
      ])
    #expect(selected.map(\.isRequested) == [true, false, false])
    #expect(selected[2].package.name == "@cli/native")
    #expect(selected[2].package.commands == ["n": "n.js"])
  }

  @Test func `leaves out an optional package that needs what does not fit`() throws {
    let lock = try Self.lock(
      #""cli": "1""#,
      [
        Self.entry("node_modules/cli", #", "optionalDependencies": {"watcher": "1"}"#),
        Self.entry("node_modules/watcher", #", "dependencies": {"darwin": "1"}"#),
        Self.entry("node_modules/darwin"),
      ].joined(separator: ","))
    let unfit: Set = [try Self.place("node_modules/darwin")]
    #expect(try lock.selection(unfit: unfit, on: "x86_64").map(\.place.text) == ["node_modules/cli"])
    let error = #expect(throws: Report.self) {
      try lock.selection(unfit: [Self.place("node_modules/cli")], on: "arm64")
    }
    #expect(error?.summary == "cannot install cli on arm64: it is not made for it")
  }

  @Test func `does not count what comes inside another's tarball`() throws {
    let lock = try Self.lock(
      #""npm": "1""#,
      [
        Self.entry("node_modules/npm", #", "dependencies": {"semver": "1"}"#),
        #""node_modules/npm/node_modules/semver": {"version": "7.0.0", "inBundle": true}"#,
      ].joined(separator: ","))
    #expect(try lock.selection(unfit: [], on: "x86_64").map(\.place.text) == ["node_modules/npm"])
  }

  @Test(arguments: [
    #"{"lockfileVersion": 2, "packages": {}}"#, #"{"lockfileVersion": 3}"#, "{", "[]",
    #"{"lockfileVersion": 3, "packages": {"../evil": {"version": "1.0.0"}}}"#,
    #"{"lockfileVersion": 3, "packages": {"node_modules/a": {"resolved": "file:.."}}}"#,
  ])
  func `refuses what is no lock of a registry's packages`(text: String) {
    #expect(throws: (any Error).self) { try NpmLock(parsing: Array(text.utf8)) }
  }

  @Test func `a packument keeps what resolving needs, and can be cut to versions`() throws {
    let text = """
      {"name": "a", "readme": "long", "time": {}, "dist-tags": {"latest": "2.0.0", "old": "1.0.0"},
       "versions": {"1.0.0": {"name": "a", "version": "1.0.0", "readme": "x", "dependencies": {"b": "1"},
         "dist": {"tarball": "https://r.example/a-1.tgz", "integrity": "\(Self.integrity)"}},
        "2.0.0": {"name": "a", "version": "2.0.0", "dependencies": {"c": "1", "@d/e": "1"},
         "optionalDependencies": {"../evil": "1"},
         "dist": {"tarball": "https://r.example/a-2.tgz", "shasum": "00"}}}}
      """
    let packument = try Packument(parsing: Array(text.utf8), of: "a")
    let written = String(decoding: packument.text, as: UTF8.self)
    #expect(!written.contains("readme") && written.contains("dependencies"))
    #expect(packument.likelyNext == ["@d/e", "c"])
    #expect(packument.tarballs.keys.sorted() == ["1.0.0"])
    let old = String(decoding: packument.keeping(["1.0.0"]).text, as: UTF8.self)
    #expect(!old.contains("2.0.0") && old.contains(#""latest":"1.0.0""#))
    // What the registry has dropped keeps nobody from resolving.
    #expect(packument.keeping(["0.5.0"]).text == packument.text)
  }
}
