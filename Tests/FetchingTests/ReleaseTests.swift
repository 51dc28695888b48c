import FileTree
import TestSupport
import Testing

@testable import Fetching

@Suite struct ReleaseTests {
  @Test(
    arguments: [
      ("Thu, 01 Jan 1970 00:00:00 UTC", 0), ("Sat, 21 Nov 2026 00:53:02 UTC", 1_795_222_382),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Tue, 29 Feb 2000 12:00:00 +0000", 951_825_600),
      ("Sat,  1 Jan 2000 0:00:00 Z", 946_684_800), ("Mon, 01 Mar 2100 00:00:00 UTC", 4_107_542_400),
    ] as [(String, Int64)])
  func `reads a date in UTC`(text: String, seconds: Int64) {
    #expect(ReleaseDate.seconds(text) == seconds)
  }

  @Test(arguments: [
    "", "yesterday", "21 Nov 2026 00:53:02 UTC", "Sun, 21 Nov 2026 00:53:02 UTC",
    "Sat, 21 Nov 2026 00:53:02 CET", "Sat, 21 Nov 2026 00:53:02 +0100", "Sat, 21 Nov 2026 00:53:02",
    "Sat, 21 Nov 2026 24:53:02 UTC", "Sat, 21 Nov 2026 00:60:02 UTC", "Sat, 31 Nov 2026 00:53:02 UTC",
    "Wed, 29 Feb 2023 00:00:00 UTC", "Sat, 21 nov 2026 00:53:02 UTC", "Sat, 21 Nov 26 00:53:02 UTC",
    "Sat, 21 Nov 2026 00:53 UTC", "Sat, 0x1 Nov 2026 00:53:02 UTC", "Mon, 29 Feb 2100 00:00:00 UTC",
  ])
  func `refuses every other date`(text: String) { #expect(ReleaseDate.seconds(text) == nil) }

  @Test(arguments: [0, 951_825_600, 1_795_222_382, 4_107_542_400] as [Int64])
  func `writes a date for people`(seconds: Int64) {
    let texts: [Int64: String] = [
      0: "1970-01-01 00:00:00 UTC", 951_825_600: "2000-02-29 12:00:00 UTC",
      1_795_222_382: "2026-11-21 00:53:02 UTC", 4_107_542_400: "2100-03-01 00:00:00 UTC",
    ]
    #expect(ReleaseDate.text(seconds) == texts[seconds])
  }

  @Test func `reads a Release file`() throws {
    var archive = FixtureSuite()
    archive.suite = "oldstable"
    archive.validUntil = "Sat, 28 Nov 2026 00:53:02 UTC"
    archive.components = ["updates/main"]
    let release = try ReleaseFile(Array(archive.release.utf8))
    #expect(release.suite == "oldstable")
    #expect(release.codename == "bookworm")
    #expect(release.date == FixtureSuite.date)
    #expect(release.validUntil == FixtureSuite.date + 7 * 86_400)
    #expect(release.acquiresByHash)
    #expect(release.components == ["updates/main"])
    #expect(release.files.count == 3)
    #expect(release.files["main/binary-amd64/Packages"]?.sha256 == Digest(of: "Package: hello\n"))
    let dos = archive.release.split(separator: "\n").joined(separator: "\r\n")
    #expect(try ReleaseFile(Array(dos.utf8)) == release)
  }

  static let good = "Codename: bookworm\nDate: Sat, 21 Nov 2026 00:53:02 UTC\nSHA256:\n"

  @Test(arguments: [
    "", "Date: Sat, 21 Nov 2026 00:53:02 UTC\n", "SHA256:\n", " continued\n", "no colon\n",
    good + "Codename: sid\n", good + "\nCodename: sid\n", good + " abc 1 main/x\n",
    good + " \(Digest(of: "")) -1 main/x\n", good + " \(Digest(of: "")) 0 ../x\n",
    good + " \(Digest(of: "")) 0 /x\n", good + " \(Digest(of: "")) 0 x\n \(Digest(of: "a")) 1 x\n",
    good + "Valid-Until: tomorrow\n",
  ])
  func `refuses a malformed Release file`(text: String) {
    #expect(throws: ReleaseRefusal.Cause.self) { try ReleaseFile(Array(text.utf8)) }
  }

  @Test(arguments: [
    good, good + "\n\n", good + " \(Digest(of: "")) 0 x\n \(Digest(of: "")) 0 x\n",
    good + "\t\(Digest(of: ""))\t0\tmain/x\n",
  ])
  func `accepts their harmless twins`(text: String) throws { _ = try ReleaseFile(Array(text.utf8)) }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var suite = "bookworm"
    var now = FixtureSuite.now
    var validUntil: String?
    var honours = true
    var notBefore: Int64?
    var architecture = "amd64"
    var isRefused = true
  }

  @Test(arguments: [
    Case(testDescription: "as asked", isRefused: false),
    Case(testDescription: "asked by age", suite: "oldstable", isRefused: false),
    Case(testDescription: "another suite", suite: "trixie"),
    Case(testDescription: "a suite of the same release", suite: "bookworm-updates"),
    Case(testDescription: "a little ahead", now: FixtureSuite.date - 10, isRefused: false),
    Case(testDescription: "from the future", now: FixtureSuite.date - 11),
    Case(testDescription: "valid", validUntil: "Sat, 21 Nov 2026 01:53:02 UTC", isRefused: false),
    Case(testDescription: "no longer valid", validUntil: "Sat, 21 Nov 2026 01:53:01 UTC"),
    Case(
      testDescription: "a snapshot", validUntil: "Sat, 21 Nov 2026 01:53:01 UTC", honours: false,
      isRefused: false),
    Case(testDescription: "the same again", notBefore: FixtureSuite.date, isRefused: false),
    Case(testDescription: "put back", notBefore: FixtureSuite.date + 1),
    Case(testDescription: "another architecture", architecture: "arm64"),
  ])
  func `checks that it is the one that was asked for, and of today`(_ row: Case) throws {
    var archive = FixtureSuite()
    archive.suite = "oldstable"
    archive.validUntil = row.validUntil
    let release = try ReleaseFile(Array(archive.release.utf8))
    let check = ReleaseCheck(
      suite: row.suite, architectures: [row.architecture], now: row.now, honoursValidUntil: row.honours,
      notBefore: row.notBefore)
    let refusal = #expect(
      throws: (any Error).self,
      performing: {
        try check.check(release); throw Passed()
      })
    #expect((refusal is ReleaseRefusal.Cause) == row.isRefused)
  }

  struct Passed: Error {}
}
