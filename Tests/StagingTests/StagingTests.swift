import BuildModel
import FileTree
import Foundation
import Glibc
import Testing
import TestSupport

@testable import Staging

@Suite(.asRoot) struct StagingTests {
  /// Lines that only one of two texts has.
  static func difference(_ a: String, _ b: String) -> String {
    let (a, b) = (a.split(separator: "\n"), b.split(separator: "\n"))
    return b.difference(from: a).map { change in
      switch change {
      case .remove(_, let line, _): "- \(line)"
      case .insert(_, let line, _): "+ \(line)"
      }
    }.joined(separator: "\n")
  }

  /// dpkg makes it with the package's time, and what comes into it changes that. What dpkg would give by
  /// the clock is the build's date.
  @Test func `the time of a directory tells whether something was unpacked into it`() throws {
    let fixture = try StagingFixture()
    let first = try fixture.stage(
      FixturePackage("first", "1") {
        directory("/srv/empty")
        file("/srv/full/file", "x")
        postinst("true")
      })
    let tree = try fixture.extend(
      first, with: [try fixture.build(FixturePackage("second", "1") { directory("/opt/empty") }).locked])
    func time(_ name: String) throws -> Int64 {
      var status = stat()
      try #require(stat("\(tree.path)/\(name)", &status) == 0)
      return Int64(status.st_mtim.tv_sec)
    }
    for name in ["srv/empty", "srv/full/file", "opt/empty"] {
      #expect(try time(name) == StagingFixture.packed, "\(name)")
    }
    for name in ["srv", "srv/full", "opt"] { #expect(try time(name) == StagingFixture.date, "\(name)") }
    #expect(try time("var/lib/dpkg/info/first.postinst") == StagingFixture.packed)
  }

  @Test func `what dpkg finds in its database`() throws {
    let fixture = try StagingFixture()
    let native = StagingFixture.architecture
    let tree = try fixture.stage(
      FixturePackage(
        "libgreeting", "1:1.0-1", architecture: native, multiArch: "same"
      ) {
        file("/lib/libgreeting.so", "lib")
        triggers("interest /usr/share/greetings", "interest-noawait greet")
      },
      FixturePackage("greeting", "2.0", depends: "libgreeting") {
        file("/bin/greet", mode: 0o755, "greet")
        file("/etc/greeting", "hello\n")
        conffiles("/etc/greeting")
        postinst("true")
      })
    #expect(
      tree.pending.map(\.qualifiedName) == ["libgreeting:\(native)", "greeting"])
    let info = try FileManager.default.contentsOfDirectory(atPath: "\(tree.path)/var/lib/dpkg/info").sorted()
    #expect(
      info == [
        "format", "greeting.conffiles", "greeting.list", "greeting.md5sums", "greeting.postinst",
        "libgreeting:\(native).list", "libgreeting:\(native).md5sums", "libgreeting:\(native).triggers",
      ])
    #expect(
      tree.read("var/lib/dpkg/info/greeting.list") == "/.\n/bin\n/bin/greet\n/etc\n/etc/greeting\n")
    #expect(
      tree.read("var/lib/dpkg/triggers/File") == "/usr/share/greetings libgreeting:\(native)\n")
    #expect(tree.read("var/lib/dpkg/triggers/greet") == "libgreeting:\(native)/noawait\n")
    let status = try #require(tree.read("var/lib/dpkg/status"))
    #expect(status.contains("Package: greeting\nStatus: install ok unpacked\nVersion: 2.0\n"))
    #expect(status.contains("Conffiles:\n /etc/greeting b1946ac92492d2347c6235b4d2611184\n\n"))
    #expect(
      try runTool("dpkg-query", ["--root=\(tree.path)", "-W", "-f", "${binary:Package} ${Status}\\n"])
        == "greeting install ok unpacked\nlibgreeting:\(native) install ok unpacked\n")
    for name in ["bin", "sbin", "lib"] + (native == "amd64" ? ["lib32", "lib64", "libx32"] : []) {
      #expect(try runTool("readlink", ["\(tree.path)/\(name)"]) == "usr/\(name)\n")
    }
    #expect(tree.read("usr/bin/greet") == "greet")
    #expect(tree.owners["usr/bin/greet"] == "greeting")
  }

  @Test func `the number of threads does not matter`() throws {
    let fixture = try StagingFixture()
    let packages = try (0..<12).map { number in
      try fixture.build(
        FixturePackage(
          "p\(number)", "1",
          replaces: (0..<12).filter { $0 < number || $0 == number + 1 }.map { "p\($0)" }.joined(
            separator: ", ")
        ) {
          for index in 0..<12 { file("/usr/share/shared/\(index)", "from \(number)") }
          directory("/srv", mode: 0o700 + UInt16(number))
          file("/usr/share/own/\(number)", "own")
          file("/etc/conf/\(number)", "conf \(number)")
          hardLink("/usr/share/link/\(number)", to: "/usr/share/own/\(number)")
          conffiles("/etc/conf/\(number)")
        }
      ).locked
    }
    let alone = try fixture.stage(packages, threads: 1).text()
    #expect(alone.contains("/srv directory 0700 "))
    for _ in 0..<5 {
      let together = try fixture.stage(packages, threads: 8).text()
      #expect(alone == together, "\(StagingTests.difference(alone, together))")
    }
  }

  @Test func `what a script made before keeps its owner`() throws {
    let fixture = try StagingFixture()
    let first = try fixture.stage(FixturePackage("a", "1"))
    let path = first.path
    mkdir("\(path)/var/lib/service", 0o700)
    chown("\(path)/var/lib/service", 101, 102)
    chmod("\(path)/var/lib/service", 0o750)
    try Data("old".utf8).write(to: URL(filePath: "\(path)/var/lib/service/file"))
    let service = try fixture.build(
      FixturePackage("service", "1") { file("/var/lib/service/file", "new") }
    ).locked
    let tree = try fixture.extend(first, with: [service])
    #expect(try tree.text(below: "/var/lib/service").hasPrefix("/var/lib/service directory 0750 101:102 "))
    #expect(tree.read("var/lib/service/file") == "new")
  }

  @Test(
    arguments: [
      ("1.0", "1.0", 0), ("1.0", "1.1", -1), ("1.10", "1.9", 1), ("1:0", "2", 1), ("1.0~rc1", "1.0", -1),
      ("1.0-1", "1.0-1+b1", -1), ("1.0", "1.0-0", 0), ("1.0a", "1.0+", -1), ("0:1", "1", 0),
      ("1.01", "1.1", 0),
      ("2.0~", "2.0~~", 1), ("1a", "1", 1),
    ])
  func `versions in dpkg's order`(a: String, b: String, order: Int) throws {
    #expect(DebianVersion.compare(a, b).signum() == order)
    #expect(DebianVersion.compare(b, a).signum() == -order)
    for relation in ["lt", "eq", "gt"] {
      let holds = (try? runTool("dpkg", ["--compare-versions", a, relation, b])) != nil
      #expect(holds == (["lt", "eq", "gt"][order + 1] == relation), "\(a) \(relation) \(b)")
    }
  }
}

@Suite struct ControlFileTests {
  @Test func `fields and their continuation`() throws {
    let file = try #require(
      ControlFile("\n\nPackage: a\nDescription: short\n long\n .\n\tend\nEmpty:\nDepends:  b,\n c\n\n \n"))
    #expect(file.fields.map(\.name) == ["Package", "Description", "Empty", "Depends"])
    #expect(file["DESCRIPTION"] == "short\n long\n .\n\tend")
    #expect(file["Empty"] == "")
    #expect(file["Depends"] == "b,\n c")
    #expect(file["Missing"] == nil)
  }

  @Test(arguments: [
    "", "\n", "no colon\n", ": no name\n", " continues nothing\nA: b\n", "A: b\n\nB: second stanza\n",
    "Package: a\npackage: b\n",
  ])
  func `what is not one stanza is refused`(text: String) { #expect(ControlFile(text) == nil) }

  @Test func `relations`() {
    func relation(_ name: String, _ operation: String, _ version: String) -> Relation {
      Relation(name: name, bound: (operation, version))
    }
    #expect(
      Relation.list("a, b (<< 1.0), c:any (>=2),\n d | e ( = 3 ) ,") == [
        Relation(name: "a", bound: nil), relation("b", "<<", "1.0"), relation("c", ">=", "2"),
        Relation(name: "d", bound: nil), relation("e", "=", "3"),
      ])
    #expect(Relation.list(nil).isEmpty && Relation.list(" , ").isEmpty)
  }
}
