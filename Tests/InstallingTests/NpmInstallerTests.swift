import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Installing

@Suite(.asRoot) struct NpmInstallerTests {
  private static func package(
    _ place: String, _ commands: [String: String] = [:], requested: Bool = false
  ) -> LockedNpmPackage {
    LockedNpmPackage(
      place: place, name: NpmPlace(place)?.names.last ?? "", version: "1.0.0", url: "https://r.example/x.tgz",
      size: 1, sha256: Digest(of: place), integrity: NpmIntegrity(digest: Array(repeating: 0, count: 64)),
      commands: commands, requested: requested, hasScripts: false)
  }

  private func install(
    _ packages: [(LockedNpmPackage, [RawArchive.Member])], in scratch: borrowing Scratch
  ) throws {
    let tarballs = try ScratchDirectory()
    for (package, members) in packages {
      try tarballs.write(RawArchive.tar(members), to: package.sha256.hex)
    }
    try NpmInstaller(root: scratch.root.raw, prefix: "opt/ai-clis", modified: Timestamp(seconds: 1))
      .install(packages.map(\.0), threads: 2) { package in
        try Descriptor(opening: tarballs.file(package.sha256.hex), O_RDONLY)
      }
  }

  @Test func `unpacks, links commands, and mends scripts as npm does`() throws {
    let scratch = try Scratch()
    let outer: [RawArchive.Member] = [
      .directory("package/empty"), .file("package/package.json", "{}", mode: 0o600),
      .file("package/bin/acme.js", "#!/usr/bin/env node\r\nrun()\r\n"), .file("package/tool.sh", mode: 0o700),
      .file("package/.gitignore", "dist"), .file("package/lib/.npmignore", "kept"),
      .file("package/lib/.gitignore", "dropped"), .symbolicLink("package/link", to: "/etc/passwd"),
      .hardLink("package/hard", to: "package/tool.sh"),
      .file("package/node_modules/inside/package.json", #"{"name": "inside", "bin": "run.js"}"#),
      .file("package/node_modules/inside/run.js", "run"),
    ]
    let inner: [RawArchive.Member] = [.file("other/package.json", "{}"), .file("other/bin/semver.js", "x")]
    try install(
      [
        (
          Self.package(
            "node_modules/@acme/cli", ["acme": "bin/acme.js", "gone": "bin/gone.js"], requested: true),
          outer
        ),
        (Self.package("node_modules/@acme/cli/node_modules/semver", ["semver": "bin/semver.js"]), inner),
      ], in: scratch)
    let lines = try scratch.listing(of: "/opt/ai-clis").split(separator: "\n")
      .filter { !$0.contains(" directory") }.map {
        $0.contains(" file ") ? String($0.dropLast(9)) : String($0)
      }
    #expect(
      lines == [
        "/bin/acme link -> ../lib/node_modules/@acme/cli/bin/acme.js",
        "/lib/node_modules/@acme/cli/.npmignore file 0644",
        "/lib/node_modules/@acme/cli/bin/acme.js file 0755",
        "/lib/node_modules/@acme/cli/lib/.npmignore file 0644",
        "/lib/node_modules/@acme/cli/node_modules/.bin/inside link -> ../inside/run.js",
        "/lib/node_modules/@acme/cli/node_modules/.bin/semver link -> ../semver/bin/semver.js",
        "/lib/node_modules/@acme/cli/node_modules/inside/package.json file 0644",
        "/lib/node_modules/@acme/cli/node_modules/inside/run.js file 0755",
        "/lib/node_modules/@acme/cli/node_modules/semver/bin/semver.js file 0755",
        "/lib/node_modules/@acme/cli/node_modules/semver/package.json file 0644",
        "/lib/node_modules/@acme/cli/package.json file 0644",
        "/lib/node_modules/@acme/cli/tool.sh file 0744",
      ])
    #expect(
      try scratch.text("opt/ai-clis/lib/node_modules/@acme/cli/bin/acme.js")
        == "#!/usr/bin/env node\nrun()\r\n")
  }

  @Test(arguments: [
    (#""man": "doc/a.1""#, ["man1/a.1 link -> ../../../lib/node_modules/a/doc/a.1"]),
    (
      #""directories": {"man": "./doc"}"#,
      [
        "man1/a.1 link -> ../../../lib/node_modules/a/doc/a.1",
        "man7/b.7 link -> ../../../lib/node_modules/a/doc/deep/b.7",
      ]
    ),
    (#""man": ["doc/a", "doc/gone.2", "/etc/x.5", 4], "directories": {"man": "doc"}"#, []),
    (#""man": ["../../doc/a.1", "doc/other/a.1"]"#, ["man1/a.1 link -> ../../../lib/node_modules/a/doc/a.1"]),
  ])
  func `links manual pages of what has commands`(names: String, expected: [String]) throws {
    let files: [RawArchive.Member] = [
      .file("package/package.json", "{\(names)}"), .file("package/a.js"), .file("package/doc/a"),
      .file("package/doc/a.1"), .file("package/doc/other/a.1"), .file("package/doc/deep/b.7"),
      .file("package/doc/.hidden.7"),
    ]
    for (commands, isLinked) in [(["a": "a.js"], true), ([:], false)] {
      let scratch = try Scratch()
      try install([(Self.package("node_modules/a", commands, requested: true), files)], in: scratch)
      let links = try scratch.listing(of: "/opt/ai-clis").split(separator: "\n")
        .filter { $0.hasPrefix("/share/man/") && $0.contains(" link ") }.map {
          $0.dropFirst("/share/man/".count)
        }
      #expect(links.map(String.init) == (isLinked ? expected : []))
    }
  }

  @Test func `refuses tarballs that are no packages, and two commands of one name`() throws {
    let package = Self.package("node_modules/a", ["a": "a.js"], requested: true)
    let hostile: [[RawArchive.Member]] = [
      [.file("package/index.js")], [.file("package.json", "{}")],
      [.file("package/package.json", "{}"), .file("package/../../../../evil")],
    ]
    for members in hostile {
      let scratch = try Scratch()
      #expect(throws: (any Error).self) { try install([(package, members)], in: scratch) }
      #expect(try !scratch.listing().contains("evil"))
    }
    let files: [RawArchive.Member] = [.file("package/package.json", "{}"), .file("package/a.js")]
    let error = #expect(throws: Report.self) {
      try install(
        [(package, files), (Self.package("node_modules/b", ["a": "a.js"], requested: true), files)],
        in: Scratch())
    }
    #expect(error?.summary.hasPrefix("cannot link the command a of the npm package b: ") == true)
  }
}
