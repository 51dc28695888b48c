import Foundation
import Json
import TestSupport
import Testing

/// What becomes of a lock when the archive has moved on.
@Suite struct RelockingTests {
  private let earlier: SignedArchive
  private let later: SignedArchive
  private let site: BuildSite

  private static func packages(_ greeting: String, _ library: String, _ tale: String, needs: String)
    -> [FixturePackage]
  {
    [
      FixturePackage("base", "1", essential: true, priority: "required") {
        file("/usr/lib/os-release", "ID=fixture\n")
      },
      FixturePackage("greeting", greeting, depends: "libgreeting (>= \(needs))") {
        file("/usr/bin/greeting", "hello \(greeting)")
      },
      FixturePackage("libgreeting", library) { file("/usr/lib/libgreeting.so", "library \(library)") },
      FixturePackage("tale", tale) { file("/usr/share/tale", "once \(tale)") },
    ]
  }

  /// One archive on two days; the later one has nothing of the earlier any more.
  init() throws {
    earlier = try SignedArchive(packages: RelockingTests.packages("2.0", "1.0", "1", needs: "1.0"))
    later = try SignedArchive(
      date: 1_700_086_400, packages: RelockingTests.packages("2.1", "1.1", "2", needs: "1.1"))
    site = try BuildSite()
    var keys = try #require(try contents(ofFile: earlier.keyring))
    keys += try #require(try contents(ofFile: later.keyring))
    try Data(keys).write(to: URL(filePath: "\(site.directory)/keys.gpg"))
    try site.configure(
      ["greeting", "tale"],
      from: [.init(uri: "file://\(earlier.root)", suite: "stable", keyring: "\(site.directory)/keys.gpg")])
  }

  private func lock(_ archive: SignedArchive, _ arguments: String...) throws -> ProgramResult {
    try site.run(["lock", "guest", "--mirror", archive.root, "--progress", "none"] + arguments)
  }

  private var versions: [String] {
    get throws {
      let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
      return text.matches(of: /name = "(\w+)"\nversion = "([^"]+)"/).map { "\($0.1) \($0.2)" }
    }
  }

  private static let first = ["base 1", "greeting 2.0", "libgreeting 1.0", "tale 1"]

  @Test func `a change list says what would move, and writes nothing`() throws {
    #expect(try lock(earlier).status == 0)
    #expect(try versions == RelockingTests.first)
    let result = try lock(later, "--diff")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.first?.hasPrefix("\(BuildSite.architecture): 3 up, 1 rebuilt; ") == true, "\(result.output)")
    #expect(
      lines.contains { $0.hasPrefix("  up       Debian  greeting     2.0 -> 2.1  ") }, "\(result.output)")
    #expect(lines.suffix(2).first == "package lists")
    #expect(lines.last == "  up  stable  2023-11-14T22:13:20Z -> 2023-11-15T22:13:20Z")
    #expect(try versions == RelockingTests.first)
    let same = try lock(earlier, "--diff")
    #expect(same.output == "nothing would change\n")
  }

  @Test func `one line more in the config is what the change list shows`() throws {
    try site.configure(
      ["tale"],
      from: [.init(uri: "file://\(earlier.root)", suite: "stable", keyring: "\(site.directory)/keys.gpg")])
    #expect(try lock(earlier).status == 0)
    try site.configure(
      ["tale", "greeting"],
      from: [.init(uri: "file://\(earlier.root)", suite: "stable", keyring: "\(site.directory)/keys.gpg")])
    let result = try lock(earlier, "--diff", "--json")
    let changes = try JSONValue(parsing: result.output)["architectures"]?[BuildSite.architecture]?["changes"]
    let named = (changes?.array ?? []).map { "\($0["direction"]?.string ?? "") \($0["name"]?.string ?? "")" }
    #expect(named == ["new greeting", "new libgreeting"])
    #expect(changes?.array?.last?["needed_by"]?.string == "greeting")

    let refused = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("  cause: + apt \"greeting\" at guest/config/packages/apt.toml:7:3\n"),
      "\(refused.errors)")
  }

  @Test func `only what is named moves, and what it needs, though the archive has dropped the rest`() throws {
    #expect(try lock(earlier).status == 0)
    let alone = try lock(later, "--update-package", "tale")
    #expect(alone.status == 0, "\(alone.errors)")
    #expect(try versions == ["base 1", "greeting 2.0", "libgreeting 1.0", "tale 2"])
    let both = try lock(later, "--update-package", "greeting")
    #expect(both.status == 0, "\(both.errors)")
    #expect(try versions == ["base 1", "greeting 2.1", "libgreeting 1.1", "tale 2"])
  }

  @Test func `a package that greeting needs can move alone, and a name that is none is told`() throws {
    #expect(try lock(earlier).status == 0)
    #expect(try lock(later, "--update-package", "libgreeting").status == 0)
    #expect(try versions == ["base 1", "greeting 2.0", "libgreeting 1.1", "tale 1"])
    let unknown = try lock(later, "--update-package", "greting")
    #expect(unknown.status == 1)
    #expect(
      unknown.errors
        == "error: cannot update greting: guest/capsem.lock locks nothing of that name\nhint: did you mean greeting?\n"
    )
  }

  @Test func `an archive that went back is refused`() throws {
    #expect(try lock(later).status == 0)
    let before = try versions
    let result = try lock(earlier)
    #expect(result.status == 1)
    #expect(result.errors.contains("it is older than what was seen before"), "\(result.errors)")
    #expect(try versions == before)
  }

  @Test func `lists whose time is over are taken when that is asked for`() throws {
    let expired = try SignedArchive(release: ["Valid-Until": "Thu, 16 Nov 2023 00:00:00 UTC"])
    try site.configure(["greeting"], from: [expired.stanza])
    let refused = try site.run(["lock", "guest", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("it was valid until"), "\(refused.errors)")
    #expect(try site.run(["lock", "guest", "--allow-expired", "--progress", "none"]).status == 0)
    // A locked build asks for neither a clock nor a key.
    let built = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(built.status == 0, "\(built.errors)")
  }
}
