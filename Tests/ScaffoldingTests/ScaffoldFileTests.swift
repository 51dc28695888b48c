import Diagnosis
import Glibc
import Scaffolding
import TestSupport
import Testing

@Suite struct ScaffoldFileTests {
  private let scratch: ScratchDirectory
  init() throws { scratch = try ScratchDirectory() }

  private func text(_ name: String) throws -> String? {
    try scratch.read(name).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `writes files and their directories, programs executable`() throws {
    try [ScaffoldFile("a/b/text", "text"), ScaffoldFile("program", "#!/bin/sh\n")]
      .write(below: scratch.file("deep/guest"), replacing: false)
    #expect(try files(below: scratch.path) == ["deep/guest/a/b/text", "deep/guest/program"])
    #expect(access(scratch.file("deep/guest/program"), X_OK) == 0)
    var status = stat()
    #expect(stat(scratch.file("deep/guest/a/b/text"), &status) == 0 && status.st_mode & 0o777 == 0o644)
  }

  @Test func `takes everything back when one file cannot be written`() throws {
    try scratch.write(Array("a file".utf8), to: "guest/config/ai")
    #expect(throws: SystemFailure.self) {
      try [
        ScaffoldFile("artifacts/new/x", "x"), ScaffoldFile("config/build.toml", "x"),
        ScaffoldFile("config/ai/acme.toml", "x"),
      ].write(below: scratch.file("guest"), replacing: true)
    }
    #expect(try files(below: scratch.path) == ["guest/config/ai"])
    #expect(!exists(scratch.file("guest/artifacts")))
  }

  @Test func `takes back the new files when one does not come to its place`() throws {
    try scratch.write([], to: "guest/b/in-the-way")
    #expect(throws: SystemFailure.self) {
      try [ScaffoldFile("a", "x"), ScaffoldFile("b", "x")].write(
        below: scratch.file("guest"), replacing: true)
    }
    #expect(try files(below: scratch.path) == ["guest/b/in-the-way"])
  }

  @Test func `replaces files only when told to`() throws {
    try scratch.write(Array("mine".utf8), to: "guest/b")
    let files = [ScaffoldFile("a", "new"), ScaffoldFile("b", "new")]
    let report = try #require(throws: Report.self) {
      try files.write(below: scratch.file("guest"), replacing: false)
    }
    #expect(report.summary == "cannot create \(scratch.file("guest/b")): it exists already")
    #expect(try text("guest/a") == nil)
    #expect(try text("guest/b") == "mine")
    try files.write(below: scratch.file("guest"), replacing: true)
    #expect(try text("guest/a") == "new")
    #expect(try text("guest/b") == "new")
  }

  @Test func `does not write through a link`() throws {
    try scratch.write(Array("mine".utf8), to: "elsewhere")
    try scratch.write([], to: "guest/x")
    #expect(symlink("../elsewhere", scratch.file("guest/link")) == 0)
    #expect(throws: Report.self) {
      try [ScaffoldFile("link", "new")].write(below: scratch.file("guest"), replacing: false)
    }
    try [ScaffoldFile("link", "new")].write(below: scratch.file("guest"), replacing: true)
    #expect(try text("elsewhere") == "mine")
    #expect(try text("guest/link") == "new")
  }
}
