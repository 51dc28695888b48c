import FileTree
import Foundation
import Json
import TestSupport
import Testing

@Suite struct DiffTests {
  let site: BuildSite

  init() throws {
    site = try BuildSite()
    try site.user.own("\(site.directory)/home")
  }

  /// A small system: what a Debian package, a wheel and an npm package leave.
  private func writeTree(_ name: String) throws {
    for (path, text) in [
      ("var/lib/dpkg/status", DiffTests.status(("base", "1.0"), ("old", "1.0"))),
      ("var/lib/dpkg/info/base.list", "/.\n/bin\n/bin/tool\n/usr\n/usr/bin\n/usr/share\n"),
      ("var/lib/dpkg/info/old.list", "/usr\n/usr/bin/old\n"),
      ("var/lib/dpkg/info/base.postinst", "#!/bin/sh\n"),
      ("usr/bin/tool", String(repeating: "x", count: 5000)), ("usr/bin/old", "old"), ("etc/own", "mine"),
      ("opt/py/rich-1.dist-info/METADATA", "Name: rich\nVersion: 1\n\n"),
      ("opt/py/rich-1.dist-info/RECORD", "rich.py,,\nrich-1.dist-info/METADATA,,\n"), ("opt/py/rich.py", "1"),
      ("opt/node_modules/n/package.json", "{\"version\": \"1\"}"), ("opt/node_modules/n/index.js", "1"),
    ] { try site.write(text, to: "\(name)/\(path)") }
    try shell("ln -s usr/bin bin; ln -s own etc/link; mkdir usr/share", in: name)
  }

  private static func status(_ packages: (String, String)...) -> String {
    packages.map { "Package: \($0)\nStatus: install ok installed\nArchitecture: all\nVersion: \($1)\n\n" }
      .joined()
  }

  private func shell(_ script: String, in name: String) throws {
    try runTool(
      "sh", ["-c", "set -e; \(script); find . -exec touch -h -d @1700000000 {} +"],
      in: "\(site.directory)/\(name)")
  }

  private func pack(_ name: String, _ options: [String] = []) throws {
    try site.user.own("\(site.directory)/\(name)")
    let result = try site.run(["pack", name, "home/\(name)", "--quiet"] + options)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// `before` and `after`, whose copy is changed by a script.
  private func packBoth(changing script: String) throws {
    try writeTree("before")
    try runTool("cp", ["-a", "before", "after"], in: site.directory)
    try shell(script, in: "after")
    try pack("before")
    try pack("after")
  }

  private func tree(_ image: String) throws -> String {
    String(
      try runTool("sh", ["-c", "\(site.program) inspect \(image) --tree | sha256sum"], in: site.directory)
        .prefix(64))
  }

  @Test func `equal images are the same, and the digest is that of the tree's text`() throws {
    try writeTree("before")
    try pack("before")
    let digest = try tree("home/before")
    let result = try site.run(["diff", "home/before", "home/before"])
    #expect(result.status == 0 && result.errors == "")
    #expect(
      result.output == """
        before home/before, tree \(digest)
        after  home/before, tree \(digest)
        same bytes

        """)
    let json = try JSONValue(parsing: try site.run(["diff", "home/before", "home/before", "--json"]).output)
    #expect(json["same"] == .boolean(true) && json["same_tree"] == .boolean(true))
    #expect(json["before"]?["tree"]?.string == digest)
    #expect(json["first_byte"]?.isNull == true)
    #expect(json["packages"]?.array?.count == 0 && json["files"]?.array?.count == 0)
  }

  @Test func `packages, files by package, attributes and bytes are told`() throws {
    let status = DiffTests.status(("base", "1.1"), ("new", "2.0"))
    try packBoth(
      changing: """
        printf '\(status.replacing("\n", with: "\\n"))' > var/lib/dpkg/status
        rm var/lib/dpkg/info/old.list usr/bin/old; printf '/usr\\n/usr/bin/new\\n' > var/lib/dpkg/info/new.list
        printf new > usr/bin/new; printf y | dd of=usr/bin/tool bs=1 seek=4500 conv=notrunc status=none
        chmod 755 usr/bin/tool; echo exit >> var/lib/dpkg/info/base.postinst
        printf 2 > opt/py/rich.py; sed -i s/1/2/ opt/py/rich-1.dist-info/METADATA
        printf '{"version": "2"}' > opt/node_modules/n/package.json
        ln etc/own etc/second; printf other > 'etc/a b'; ln -sf second etc/link
        """)
    let result = try site.run(["diff", "home/before", "home/after"])
    #expect(result.status == 1 && result.errors == "")
    let digests = (try tree("home/before"), try tree("home/after"))
    func content(_ path: String) throws -> String {
      let before = try #require(try site.digest("\(site.directory)/before/\(path)"))
      return "\(before) -> \(try #require(try site.digest("\(site.directory)/after/\(path)")))"
    }
    let size =
      try FileManager.default.attributesOfItem(atPath: "\(site.directory)/home/before")[.size] as? Int
    let expected = """
      before home/before, tree \(digests.0)
      after  home/after, tree \(digests.1)

      packages: 1 added, 1 removed, 3 changed
        ~ base (dpkg) 1.0 -> 1.1
        ~ n (npm in /opt/node_modules) 1 -> 2
        + new (dpkg) 2.0
        - old (dpkg) 1.0
        ~ rich (python in /opt/py) 1 -> 2

      files: 4 added, 2 removed, 8 changed
        base (dpkg)
          ~ /usr/bin/tool
            mode: 0644 -> 0755
            content: \(try content("usr/bin/tool"))
            first at byte 4500, 78 -> 79
          ~ /var/lib/dpkg/info/base.postinst
            size: 10 -> 15
            content: \(try content("var/lib/dpkg/info/base.postinst"))
            first at byte 10, end -> 65
        n (npm in /opt/node_modules)
          ~ /opt/node_modules/n/package.json
            content: \(try content("opt/node_modules/n/package.json"))
            first at byte 13, 31 -> 32
        new (dpkg)
          + /usr/bin/new file 3 bytes
          + /var/lib/dpkg/info/new.list file 18 bytes
        old (dpkg)
          - /usr/bin/old file 3 bytes
          - /var/lib/dpkg/info/old.list file 18 bytes
        rich (python in /opt/py)
          ~ /opt/py/rich-1.dist-info/METADATA
            content: \(try content("opt/py/rich-1.dist-info/METADATA"))
            first at byte 20, 31 -> 32
          ~ /opt/py/rich.py
            content: \(try content("opt/py/rich.py"))
            first at byte 0, 31 -> 32
        no package
          + /etc/a\\x20b file 5 bytes
          ~ /etc/link
            target: own -> second
          ~ /etc/own
            hard links: - -> 2 names: /etc/own, /etc/second
          + /etc/second file 4 bytes
          ~ /var/lib/dpkg/status
            content: \(try content("var/lib/dpkg/status"))
            first at byte
      """
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    for (found, wanted) in zip(lines, expected.split(separator: "\n", omittingEmptySubsequences: false)) {
      #expect(found.hasPrefix(wanted), "\(result.output)")
    }
    // The first byte of the images, as cmp(1) finds it; it counts from 1.
    let offset = try runTool("sh", ["-c", "cmp -l before after | head -1"], in: "\(site.directory)/home")
      .split(separator: " ").first.flatMap { Int($0) }.map { $0 - 1 }
    #expect(
      lines.dropLast().last?.hasPrefix("bytes: \(size ?? 0) -> \(size ?? 0), first at byte \(offset ?? -1), ")
        == true)
  }

  @Test func `whose a path is, dpkg-query says, too`() throws {
    // The host's own database; one path of every tenth package, one that is diverted, one that is nobody's.
    var paths = ["/usr/share/man/man1/sh.1.gz", "/nobody"]
    let lists = site.names(in: "/var/lib/dpkg/info").filter { $0.hasSuffix(".list") }
    for list in stride(from: 0, to: lists.count, by: 10).map({ lists[$0] }) {
      let text = String(decoding: try contents(ofFile: "/var/lib/dpkg/info/\(list)") ?? [], as: UTF8.self)
      if let last = text.split(separator: "\n").last, last.hasPrefix("/usr/share/") {
        paths.append(String(last))
      }
    }
    #expect(paths.count > 10)
    for name in ["before", "after"] {
      let database = "\(site.directory)/\(name)/var/lib/dpkg"
      try runTool("mkdir", ["-p", "\(database)/info"])
      try runTool("cp", ["/var/lib/dpkg/status", "/var/lib/dpkg/diversions", database])
      try runTool("sh", ["-c", "cp /var/lib/dpkg/info/*.list \(database)/info"])
    }
    for path in paths { try site.write("", to: "after\(path)") }
    for name in ["before", "after"] { try shell("true", in: name) }
    try pack("before")
    try pack("after")
    let json = try JSONValue(parsing: site.run(["diff", "home/before", "home/after", "--json"]).output)
    let files = try #require(json["files"]?.array)
    for path in paths {
      let found = files.first { $0["path"]?.string == path }?["packages"]?.array?.compactMap {
        $0["name"]?.string
      }
      let said = try runTool("sh", ["-c", "dpkg-query -S -- \"$1\" || :", "sh", path])
      let owners = said.split(separator: "\n").filter {
        $0.hasSuffix(": \(path)") && !$0.hasPrefix("diversion ")
      }
      .flatMap { $0.dropLast(path.count + 2).split(separator: ",") }
      .map { $0.trimmingCharacters(in: .whitespaces).prefix { $0 != ":" } }
      #expect(found.map(Set.init) == Set(owners.map(String.init)), "\(path): \(said)")
    }
  }

  @Test func `the JSON has the same, by name`() throws {
    try packBoth(changing: "chmod 600 usr/bin/tool; printf X > etc/own; rm -r opt/py")
    let output = try site.run(["diff", "home/before", "home/after", "--json"]).output
    let json = try JSONValue(parsing: output)
    #expect(json["same"] == .boolean(false) && json["same_tree"] == .boolean(false))
    #expect(json["after"]?["image"]?.string == "home/after")
    #expect(json["after"]?["tree"]?.string == (try tree("home/after")))
    let packages = try #require(json["packages"]?.array)
    #expect(packages.map { $0["name"]?.string } == ["rich"])
    #expect(packages[0]["change"]?.string == "removed" && packages[0]["before"]?.string == "1")
    #expect(packages[0]["after"]?.isNull == true && packages[0]["path"]?.string == "/opt/py")
    let files = try #require(json["files"]?.array)
    #expect(
      files.map { $0["path"]?.string } == [
        "/etc/own", "/opt/py", "/opt/py/rich-1.dist-info", "/opt/py/rich-1.dist-info/METADATA",
        "/opt/py/rich-1.dist-info/RECORD", "/opt/py/rich.py", "/usr/bin/tool",
      ])
    #expect(files[0]["first_byte"]?["offset"] == .number(0))
    #expect(files[0]["first_byte"]?["before"] == .number(0x6d))
    #expect(files[0]["attributes"]?.array?.map { $0["attribute"]?.string } == ["size", "content"])
    #expect(files[0]["packages"]?.array?.count == 0)
    #expect(files[5]["change"]?.string == "removed" && files[5]["kind"]?.string == "file")
    #expect(files[5]["packages"]?.array?[0]["name"]?.string == "rich")
    #expect(files[6]["packages"]?.array?[0]["source"]?.string == "dpkg")
    #expect(files[6]["attributes"]?.array?[0]["before"]?.string == "0644")
  }

  @Test func `equal trees in other bytes are told apart from other trees`() throws {
    try writeTree("before")
    try pack("before")
    let home = "\(site.directory)/home"
    try runTool("cp", ["before", "other"], in: home)
    try runTool("tune2fs", ["-L", "renamed", "-U", "00000000-1111-8222-8333-444444444444", "\(home)/other"])
    let result = try site.run(["diff", "home/before", "home/other"])
    #expect(result.status == 1)
    let uuid = try runTool("dumpe2fs", ["-h", "\(home)/before"]).split(separator: "\n")
      .first { $0.hasPrefix("Filesystem UUID:") }?.split(separator: " ").last
    let first = try runTool("sh", ["-c", "cmp -l before other | head -1"], in: home).split(separator: " ")
    #expect(result.output.contains("\n\nsame tree, other bytes: first at byte \(Int(first[0])! - 1), "))
    #expect(result.output.contains("\n  label: capsem -> renamed\n"))
    #expect(result.output.contains("\n  uuid: \(uuid ?? "?") -> 00000000-1111-8222-8333-444444444444\n"))
    // A byte that no file has and nothing names.
    try runTool("cp", ["before", "layout"], in: home)
    try runTool("sh", ["-c", "printf x | dd of=layout bs=1 seek=100 conv=notrunc status=none"], in: home)
    let layout = try site.run(["diff", "home/before", "home/layout", "--json"])
    #expect(layout.status == 1)
    let json = try JSONValue(parsing: layout.output)
    #expect(json["same"] == .boolean(false) && json["same_tree"] == .boolean(true))
    #expect(json["first_byte"]?["offset"] == .number(100))
    #expect(json["file_system"]?.array?.count == 0)
    #expect(try site.run(["diff", "home/before", "home/layout"]).output.contains("the layout differs\n"))
  }

  @Test func `owners, times and extended attributes have both values`() throws {
    try packBoth(
      changing: "setfattr -n user.note -v hi etc/own; mv etc/own x; mv x etc/own")
    try runTool("sh", ["-c", "touch -d @1700000001.5 after/usr/bin/tool"], in: site.directory)
    try pack("after")
    // Numbers that no user here has to be allowed to give.
    for command in ["set_inode_field /usr/bin/old uid 7", "set_inode_field /usr/bin/old gid 8"] {
      try runTool("debugfs", ["-w", "-R", command, "\(site.directory)/home/after"])
    }
    let result = try site.run(["diff", "home/before", "home/after"])
    #expect(result.output.contains("    ~ /etc/own\n      xattr user.note: - -> 6869\n"), "\(result.output)")
    #expect(
      result.output.contains(
        "    ~ /usr/bin/tool\n      modified: 1700000000.000000000 -> 1700000001.500000000\n"))
    let owner = try runTool("stat", ["-c", "%u:%g", "\(site.directory)/before/usr/bin/old"]).prefix {
      $0 != "\n"
    }
    #expect(result.output.contains("    ~ /usr/bin/old\n      owner: \(owner) -> 7:8\n"))
  }

  @Test func `what is no image is an error`() throws {
    try writeTree("before")
    try pack("before")
    try site.write("text", to: "home/text")
    let text = try site.run(["diff", "home/before", "home/text"])
    #expect(text.status == 1 && text.output == "")
    #expect(text.errors == "error: cannot read home/text: it is no ext4 image\n")
    let absent = try site.run(["diff", "home/absent", "home/before"])
    #expect(absent.status == 1 && absent.output == "")
    #expect(absent.errors.hasPrefix("error: cannot compare home/absent: no such file or directory\n"))
    let guest = try site.run(["diff", "home/before", "guest"])
    #expect(guest.status == 2 && guest.output == "")
    #expect(guest.errors.hasPrefix("Error: diff needs two images, and guest is none"))
    #expect(try site.run(["diff", "home/before"]).status == 2)
  }

  @Test func `directories of assets stand for their images`() throws {
    try writeTree("before")
    try pack("before")
    for name in ["assets/x86_64", "second"] {
      try runTool("sh", ["-c", "mkdir \(name) && cp home/before \(name)/rootfs.ext4"], in: site.directory)
    }
    let result = try site.run(["diff", "assets", "second"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("before assets/x86_64/rootfs.ext4, tree "))
    #expect(result.output.contains("\nafter  second/rootfs.ext4, tree "))
  }
}
