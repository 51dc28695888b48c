import BuildModel
import FileTree
import Foundation
import Glibc
import Staging
import Testing
import TestSupport

/// The same packages, unpacked by us and by dpkg: once dpkg has configured both, the trees are equal.
@Suite(.asRoot) struct DifferentialTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var summary: String
    var first: [FixturePackage]
    var diversions = ""
    var second: [FixturePackage] = []
    var testDescription: String { summary }
  }

  private static let native = StagingFixture.architecture

  /// A sum that goes with a package lasts, one that dpkg computes depends on who was first.
  private static let noSums = FixtureContent.control(name: "md5sums", mode: 0o644, text: "")

  static let cases: [Case] = [
    Case(
      summary: "files of every kind",
      first: [
        FixturePackage("kinds", "1:2.0-1", architecture: native, multiArch: "same") {
          file("/bin/x", mode: 0o4755, "x")
          file("/usr/bin/y", mode: 0o755, "y")
          file("/lib/libz.so.1", "z")
          file("/usr/share/kinds/a b\\c", "odd name")
          hardLink("/usr/bin/y2", to: "/usr/bin/y")
          hardLink("/usr/share/kinds/y3", to: "/usr/bin/y")
          symbolicLink("/lib/libz.so", to: "libz.so.1")
          symbolicLink("/usr/share/dangling", to: "/nowhere")
          fifo("/var/lib/kinds/pipe", mode: 0o620)
          directory("/var/lib/kinds/empty", mode: 0o2770)
          file("/etc/kinds.conf", "setting\n")
          conffiles("/etc/kinds.conf")
        },
        FixturePackage("empty", "1"),
        FixturePackage("sums", "1") {
          file("/usr/share/sums", "text")
          FixtureContent.control(
            name: "md5sums", mode: 0o644, text: "1cb251ec0d568de6a929b520c4aed8d1  usr/share/sums\n")
        },
      ]),
    Case(
      summary: "a directory keeps what its first package gave it",
      first: [
        FixturePackage("a", "1") {
          directory("/srv/shared", mode: 0o1777)
          file("/srv/a", "a")
        },
        FixturePackage("b", "1") {
          directory("/srv/shared", mode: 0o700)
          file("/srv/shared/b", "b")
        },
      ],
      second: [FixturePackage("c", "1") { directory("/srv/shared", mode: 0o711) }]),
    Case(
      summary: "the later package replaces the earlier",
      first: [
        FixturePackage("old", "1") {
          file("/usr/share/f", "old")
          file("/usr/share/old", "old")
          noSums
        },
        FixturePackage("new", "1", replaces: "other, old (<< 2)") { file("/usr/share/f", "new") },
      ]),
    Case(
      summary: "the earlier package replaces the later",
      first: [
        FixturePackage("new", "1", replaces: "old") { file("/usr/share/f", "new") },
        FixturePackage("old", "1") {
          file("/usr/share/f", "old")
          file("/usr/share/old", "old")
        },
      ]),
    Case(
      summary: "two packages that replace each other",
      first: [
        FixturePackage("one", "1", replaces: "two") {
          file("/usr/share/f", "one")
          file("/usr/share/one", "one")
          noSums
        },
        FixturePackage("two", "1", replaces: "one") { file("/usr/share/f", "two") },
      ]),
    Case(
      summary: "a file of an earlier run is replaced",
      first: [
        FixturePackage("old", "1", architecture: native, multiArch: "same") {
          file("/lib/f", "old")
          file("/lib/g", "old")
          noSums
        }
      ], second: [FixturePackage("new", "1", replaces: "old") { file("/lib/f", "new") }]),
    Case(
      summary: "a package of an earlier run replaces a later one",
      first: [FixturePackage("new", "1", replaces: "old") { file("/usr/share/f", "new") }],
      second: [FixturePackage("old", "1") { file("/usr/share/f", "old") }]),
    Case(
      summary: "diversions",
      first: [FixturePackage("diverter", "1") { file("/usr/bin/tool", mode: 0o755, "diverter's") }],
      diversions: """
        /usr/bin/tool
        /usr/bin/tool.real
        diverter
        /usr/share/local
        /usr/share/local.distrib
        :

        """,
      second: [
        FixturePackage("tool", "1") {
          file("/usr/bin/tool", mode: 0o755, "real")
          file("/usr/share/local", "moved away")
        }
      ]),
    Case(
      summary: "triggers",
      first: [
        FixturePackage("watcher", "1") {
          triggers(
            "# a comment", "interest /usr/share/watched", "interest-noawait /usr/lib/plugins",
            "interest named-trigger", "interest-noawait quiet.trigger")
        },
        FixturePackage("watcher2", "1") { triggers("interest-await named-trigger") },
      ],
      second: [
        FixturePackage("plugin", "1") {
          file("/usr/share/watched/file", "x")
          triggers("activate-noawait quiet.trigger", "activate named-trigger")
        }
      ]),
    Case(
      summary: "conffiles, which have their names only when they are configured",
      first: [
        FixturePackage("base", "1") {
          directory("/usr/share/base/conf")
          symbolicLink("/etc/linked", to: "../usr/share/base/conf")
        },
        FixturePackage("diverter", "1"),
      ],
      diversions: """
        /etc/moved.conf
        /etc/moved.conf.real
        diverter

        """,
      second: [
        FixturePackage("conffiles", "1") {
          file("/etc/plain.conf", mode: 0o640, "plain")
          hardLink("/etc/same.conf", to: "/etc/plain.conf")
          hardLink("/usr/share/example.conf", to: "/etc/plain.conf")
          file("/etc/moved.conf", "moved")
          file("/etc/linked/below.conf", "below a link")
          file("/usr/share/no.conf", "no conffile")
          conffiles(
            "/etc/plain.conf", "remove-on-upgrade /etc/dropped.conf", "/etc/moved.conf", "/etc/same.conf",
            "/etc/linked/below.conf")
        }
      ]),
    Case(
      summary: "a link where a directory is",
      first: [FixturePackage("a", "1") { file("/srv/place/f", "a") }],
      second: [FixturePackage("b", "1") { symbolicLink("/srv/place", to: "elsewhere") }]),
  ]

  @Test(arguments: cases)
  func `unpacks as dpkg does`(example: Case) throws {
    let fixture = try StagingFixture()
    let first = try example.first.map { try fixture.build($0) }
    let second = try example.second.map { try fixture.build($0) }

    var ours = try fixture.stage(first.map(\.locked), threads: 8)
    let theirs = try fixture.stage([]).path
    try StagedFixture.dpkg(theirs, ["--unpack"] + first.map(\.path))
    #expect(try ours.dpkg("--audit") == StagedFixture.dpkg(theirs, ["--audit"]))
    for path in [ours.path, theirs] {
      try StagedFixture.dpkg(path, ["--configure", "-a"])
      if !example.diversions.isEmpty {
        try example.diversions.write(
          toFile: "\(path)/var/lib/dpkg/diversions", atomically: false, encoding: .utf8)
      }
    }
    if !second.isEmpty {
      ours = try fixture.extend(ours, with: second.map(\.locked), threads: 8)
      try StagedFixture.dpkg(theirs, ["--unpack"] + second.map(\.path))
      // What scripts see before their package is configured.
      let names = [".", "-path", "./var/lib/dpkg", "-prune", "-o", "-printf", "%p %y %m %n %l\\n"]
      #expect(
        try runTool("find", names, in: ours.path).split(separator: "\n").sorted()
          == runTool("find", names, in: theirs).split(separator: "\n").sorted())
      for path in [ours.path, theirs] { try StagedFixture.dpkg(path, ["--configure", "-a"]) }
      let query = ["-W", "-f", "${Package} ${db:Status-Abbrev} ${Version}\\n"]
      #expect(
        try runTool("dpkg-query", ["--root=\(ours.path)"] + query)
          == runTool("dpkg-query", ["--root=\(theirs)"] + query))
    }
    let (a, b) = (try ours.text(), try StagedFixture.text(of: theirs))
    #expect(a == b, "\(StagingTests.difference(a, b))")
    #expect(try ours.dpkg("-l") == StagedFixture.dpkg(theirs, ["-l"]))
    #expect(try ours.dpkg("--audit") == "")
    #expect(try ours.dpkg("--verify") == StagedFixture.dpkg(theirs, ["--verify"]))
  }

  @Test(
    arguments: [
      nil, "unrelated", "old (<< 1)", "old (>> 1:0)",
    ] as [String?])
  func `a conflict that dpkg refuses is refused, and both packages are named`(replaces: String?) throws {
    let fixture = try StagingFixture()
    let old = try fixture.build(FixturePackage("old", "1") { file("/lib/f", "old") })
    let new = try fixture.build(FixturePackage("new", "1", replaces: replaces) { file("/lib/f", "new") })
    for packages in [[old, new], [new, old]] {
      let error = #expect(throws: StagingError.self) { _ = try fixture.stage(packages.map(\.locked)).path }
      let summary = try #require(error?.summary)
      #expect(summary.contains("old") && summary.contains("new") && summary.contains("lib/f"))
      let theirs = try fixture.stage([]).path
      #expect(throws: ToolFailure.self) {
        try StagedFixture.dpkg(theirs, ["--unpack"] + packages.map(\.path))
      }
    }
    // In a second run, too.
    let error = #expect(throws: StagingError.self) {
      _ = try fixture.extend(try fixture.stage([old.locked]), with: [new.locked]).path
    }
    #expect(error?.summary == "cannot unpack new: old ships /lib/f, too")
  }

  /// dpkg knows nothing of /lib being /usr/lib, and would let the last one win.
  @Test func `two names of one place are a conflict, too`() throws {
    let fixture = try StagingFixture()
    let old = FixturePackage("old", "1") { file("/lib/f", "old") }
    let error = #expect(throws: StagingError.self) {
      _ = try fixture.stage(old, FixturePackage("new", "1") { file("/usr/lib/f", "new") }).path
    }
    #expect(error?.summary.contains("lib/f") == true)
    let tree = try fixture.stage(
      old, FixturePackage("new", "1", replaces: "old") { file("/usr/lib/f", "new") })
    #expect(tree.read("usr/lib/f") == "new")
    #expect(tree.read("var/lib/dpkg/info/old.list") == "/.\n/lib\n")
  }
}
