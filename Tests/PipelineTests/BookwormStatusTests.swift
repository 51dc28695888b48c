import Foundation
import Json
import TestSupport
import Testing

/// What an edit leads to, after a build.
extension BookwormBuildTests {
  /// One edit of a guest, and the parts that `status` then says have changed.
  struct Edit: Sendable, CustomTestStringConvertible {
    var file: String
    var from: String
    var to: String
    /// What is said of the root image; nil for "up to date".
    var change: String?
    var changesSettings = false

    var testDescription: String { "\(file): \(to)" }
  }

  static let edits = [
    Edit(file: "config/build.toml", from: "[build]\n", to: "# a comment\n[build]\nunused = 1\n"),
    Edit(
      file: "config/packages/apt.toml", from: "  \"less\",\n", to: "  \"less\",\n  \"strace\",\n",
      change: "+ apt \"strace\""),
    Edit(file: "config/packages/apt.toml", from: "  \"less\",\n", to: "# nothing\n  \"less\", # here\n"),
    Edit(
      file: "artifacts/tips.txt", from: "#", to: "A tip of mine.\n#", change: "~ file /etc/capsem-tips.txt"),
    Edit(file: "artifacts/capsem-init", from: "#!/", to: "#!/"),
    Edit(file: "artifacts/capsem-init", from: "\n", to: "\n# another init\n"),
    Edit(
      file: "config/security/web.toml", from: "[web]\n", to: "[web]\ncustom_block = [\"bad.example\"]\n",
      changesSettings: true),
    Edit(file: "config/kernel/defconfig.x86_64", from: "CONFIG_", to: "CONFIG_A=y\nCONFIG_"),
    Edit(
      file: "config/build.toml", from: "[build.image]\n", to: "[build.image]\nlabel = \"mine\"\n",
      change: "~ label \"\" -> \"mine\""),
    Edit(
      file: "config/build.toml", from: "[build]\n",
      to: "[build]\nversion_commands = { less = \"less --version\" }\n",
      change: "+ system \"less\" \"less --version\""),
  ]

  @Test func `status says which parts an edit rebuilds, by what they are made of`() throws {
    let site = try site()
    let fresh = try site.run(["status"])
    #expect(fresh.status == 0)
    #expect(fresh.output.contains("  root image  not built yet\n"))
    #expect(fresh.output.contains("  no build has recorded any yet\n"))
    let built = try site.run(["build", "guest", "--offline"])
    #expect(built.status == 0, "\(built.errors)")
    for edit in BookwormBuildTests.edits {
      let path = "\(site.guest)/\(edit.file)"
      let before = try String(contentsOfFile: path, encoding: .utf8)
      try #require(before.contains(edit.from))
      let start = try #require(before.range(of: edit.from))
      try site.write(before.replacingCharacters(in: start, with: edit.to), to: "guest/\(edit.file)")
      let result = try site.run(["status", "--json"])
      #expect(result.status == 0, "\(result.errors)")
      let status = try JSONValue(parsing: result.output)
      let parts = status["architectures"]?[BuildSite.architecture]
      #expect(parts?["kernel"]?["state"]?.string == "not built yet")
      #expect(parts?["initrd"]?["state"]?.string == "not built yet")
      #expect(status["settings"]?.string == (edit.changesSettings ? "changed" : "up to date"), "\(edit)")
      let root = try #require(parts?["rootfs"])
      #expect(root["state"]?.string == (edit.change == nil ? "up to date" : "changed"), "\(edit)")
      if case .object(let stages)? = root["changes"] {
        let lines = stages.values.flatMap { $0.array ?? [] }.compactMap(\.string)
        #expect(lines == [edit.change], "\(edit)")
      }
      try site.write(before, to: "guest/\(edit.file)")
    }
    // The words of the plan are those of the status.
    try site.write("[web]\n", to: "guest/config/security/web.toml")
    try "A tip.\n".write(toFile: "\(site.guest)/artifacts/tips.txt", atomically: false, encoding: .utf8)
    let plan = try site.run(["build", "guest", "--dry-run"]).output
    #expect(
      plan.contains(
        "  install    will run  changed: the guest's own files\n      ~ file /etc/capsem-tips.txt\n"),
      "\(plan)")
    #expect(plan.contains("  seal       reused    its result is in the cache\n"), "\(plan)")
    #expect(plan.contains("  fetch      reused    all "), "\(plan)")
    #expect(plan.contains("asked for at guest/config/packages/apt.toml:6:3\n"), "\(plan)")
  }

  @Test func `an unchanged guest is not built again, and damaged assets are`() throws {
    let site = try site()
    #expect(try site.run(["build", "guest", "--offline"]).status == 0)
    let image = try site.digest(site.image)
    func assets() throws -> String {
      try runTool("find", [site.assets, "-type", "f", "-printf", "%P %i %T@ %s\n"])
    }
    let before = try assets()
    let again = try site.run(["build", "guest", "--offline", "--progress", "json"])
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.errors.contains("nothing has changed since the last build"))
    #expect(!again.errors.contains(#""event":"started","stage":"stage""#), "\(again.errors)")
    #expect(try assets() == before)

    try runTool("sh", ["-c", "printf X | dd of=\(site.image) bs=1 seek=1200 conv=notrunc status=none"])
    let mended = try site.run(["build", "guest", "--offline"])
    #expect(mended.status == 0, "\(mended.errors)")
    #expect(!mended.errors.contains("nothing has changed"))
    #expect(try site.digest(site.image) == image)

    // What another build of the program made may have other bytes.
    let report = "\(site.assets)/\(BuildSite.architecture)/build.json"
    let text = try String(contentsOfFile: report, encoding: .utf8)
    let program = try #require(try JSONValue(parsing: text)["program"]?.string)
    try text.replacing(program, with: String(program.reversed()))
      .write(toFile: report, atomically: false, encoding: .utf8)
    let status = try site.run(["status"]).output
    #expect(status.contains("from stage on\n      + program: another build of capsem-native\n"), "\(status)")
    let rebuilt = try site.run(["build", "guest", "--offline"])
    #expect(!rebuilt.errors.contains("nothing has changed"))
  }

  @Test func `a dry run needs no network, changes nothing and is as JSON`() throws {
    let site = try BuildSite()
    try site.configure(["less"], extra: "\n[build.image]\nlabel = \"root\"\n")
    try runTool("chmod", ["-R", "a-w", site.directory])
    defer { _ = try? runTool("chmod", ["-R", "u+w", site.directory]) }
    let (absent, output) = ("/nowhere/cache", ["--output", "/nowhere/assets"])
    // The program's streams are files in the site; root may write there all the same.
    let result = try site.run(
      ["build", "guest", "--dry-run", "--json"] + output,
      inside: ["/usr/bin/unshare", "--net"], cache: absent)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors == "")
    let json = try JSONValue(parsing: result.output)
    #expect(json["template"]?.string == "rootfs")
    #expect(json["compression"]?.string == "zstd")
    #expect(json["compression_level"] == .number(15))
    let architecture = try #require(json["architectures"]?[BuildSite.architecture])
    #expect(architecture["platform"]?.string == "linux/\(BuildSite.debian)")
    #expect(architecture["rust_target"]?.string == "x86_64-unknown-linux-musl")
    let plan = try #require(architecture["plan"])
    #expect(plan["requests"]?.array?.compactMap { $0["text"]?.string } == ["less"])
    #expect(plan["unknown"]?.array?.count == 2)
    #expect(plan["packages"] == .array([]))
    #expect(
      plan["files"]?.array?.contains { $0["path"]?.string == "/etc/capsem-tips.txt" } == true)
    #expect(plan["stages"]?.array?.allSatisfy { $0["reused"] == .boolean(false) } == true)
  }
}
