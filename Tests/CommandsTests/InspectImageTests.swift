import FileTree
import Foundation
import Json
import TestSupport
import Testing

/// `inspect IMAGE`: what is in a finished image.
@Suite struct InspectImageTests {
  let site: BuildSite

  init() throws { site = try BuildSite() }

  /// A tree with a little of everything, as `image`.
  private func pack() throws {
    try site.write("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n", to: "tree/usr/lib/os-release")
    try site.write(
      "Package: base\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\n",
      to: "tree/var/lib/dpkg/status")
    try site.write("Name: rich\nVersion: 2\n\n", to: "tree/opt/a b/lib/rich-2.dist-info/METADATA")
    try site.write("{\"version\": \"3\"}", to: "tree/usr/lib/node_modules/@s/tool/package.json")
    try runTool(
      "sh",
      [
        "-c",
        """
        set -e
        mkdir etc; ln -s ../usr/lib/os-release etc/os-release; mkfifo pipe; printf 'a\\000b' > bytes; ln bytes again
        chmod 640 bytes; find . -exec touch -h -d @1700000000.5 {} +
        """,
      ], in: "\(site.directory)/tree")
    try site.user.own("\(site.directory)/tree")
    try site.user.own("\(site.directory)/home")
    let result = try site.run(["pack", "tree", "home/image", "--label", "packed", "--quiet"])
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test func `an image in words and as JSON`() throws {
    try pack()
    let result = try site.run(["inspect", "home/image"])
    #expect(result.status == 0 && result.errors == "")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines[0...1] == ["Image: home/image", "  label: packed"])
    let text = try site.run(["inspect", "home/image", "--tree"]).output
    #expect(lines[3] == "  tree: \(Digest(of: text).hex)")
    #expect(lines[4] == "  system: Debian 12")
    #expect(
      lines.contains("  holds: 5 files, 15 directories, 1 symbolic links, 1 others"), "\(result.output)")
    #expect(lines.contains("  created: 2023-11-14T22:13:20Z"))
    let json = try JSONValue(parsing: try site.run(["inspect", "home/image", "--json"]).output)
    #expect(json["label"]?.string == "packed")
    #expect(json["system"]?["name"]?.string == "Debian 12")
    #expect(json["files"] == .number(5))
    #expect(json["tree"]?.string == Digest(of: text).hex)
    #expect(json["uuid"]?.string.map { "  uuid: \($0)" } == lines[2])
  }

  @Test func `the tree of an image is the tree it was made from`() throws {
    try pack()
    let result = try site.run(["inspect", "home/image", "--tree"])
    #expect(result.status == 0 && result.errors == "")
    let root = open("\(site.directory)/tree", O_RDONLY | O_DIRECTORY)
    defer { close(root) }
    let tree = try TreeText(
      of: TreeWalk.entries(below: root), contents: DirectoryContents(root: root), threads: 2)
    #expect(result.output == tree.text)
    let json = try JSONValue(parsing: try site.run(["inspect", "home/image", "--tree", "--json"]).output)
    let entries = try #require(json.array)
    #expect(entries.count == tree.lines.count)
    let bytes = try #require(entries.first { $0["path"]?.string == "/bytes" })
    #expect(bytes["kind"]?.string == "file")
    #expect(bytes["mode"]?.string == "0640")
    #expect(bytes["modified"]?.string == "1700000000.500000000")
    #expect(bytes["sha256"]?.string == Digest(of: "a\0b").hex)
    #expect(bytes["hard_link_group"] == .number(1))
    let link = try #require(entries.first { $0["path"]?.string == "/etc/os-release" })
    #expect(link["target"]?.string == "../usr/lib/os-release")
  }

  @Test func `the packages of an image`() throws {
    try pack()
    let result = try site.run(["inspect", "home/image", "--packages"])
    #expect(result.status == 0 && result.errors == "")
    #expect(
      result.output == """
        @s/tool  3    npm     /usr/lib/node_modules
        base     1.0  dpkg    -
        rich     2    python  /opt/a\\x20b/lib

        """)
    let json = try JSONValue(parsing: try site.run(["inspect", "home/image", "--packages", "--json"]).output)
    #expect(json["system"]?["id"]?.string == "debian")
    #expect(json["packages"]?.array?.map { $0["name"]?.string } == ["@s/tool", "base", "rich"])
    #expect(json["packages"]?.array?[1]["path"]?.isNull == true)
  }

  @Test func `a file of an image, byte by byte`() throws {
    try pack()
    let result = try site.run(["inspect", "home/image", "--cat", "/bytes"])
    #expect(result.status == 0 && result.errors == "")
    #expect(result.output == "a\0b")
    #expect(
      try site.run(["inspect", "home/image", "--cat", "etc/os-release"]).output.hasPrefix("ID=debian\n"))
    for (path, message) in [
      ("/absent", "cannot read /absent in home/image: no such file or directory\n"),
      (
        "/etc",
        "cannot read /etc in home/image: it is a directory\nhint: `inspect --tree` lists what it holds\n"
      ),
    ] {
      let result = try site.run(["inspect", "home/image", "--cat", path])
      #expect(result.status == 1 && result.output == "")
      #expect(result.errors == "error: " + message)
    }
  }

  @Test func `an image that was not unmounted is read with a warning`() throws {
    try pack()
    try runTool("mke2fs", ["-q", "-F", "-t", "ext4", "\(site.directory)/home/other", "8M"])
    try runTool("debugfs", ["-w", "-R", "feature needs_recovery", "\(site.directory)/home/other"])
    let result = try site.run(["inspect", "home/other", "--tree"])
    #expect(result.status == 0 && result.output.hasPrefix("/ directory 0755 "))
    #expect(
      result.errors == """
        warning: home/other was not unmounted: its journal has changes that are not read
        hint: `e2fsck -p home/other` brings them to their places

        """)
  }

  @Test func `a directory of assets stands for its image`() throws {
    try pack()
    let assets = "\(site.assets)/x86_64"
    try runTool("mkdir", [assets])
    try runTool("cp", ["\(site.directory)/home/image", "\(assets)/rootfs.ext4"])
    for name in ["assets", "assets/x86_64"] {
      let result = try site.run(["inspect", name])
      #expect(result.status == 0)
      #expect(result.output.hasPrefix("Image: assets/x86_64/rootfs.ext4\n"))
    }
    try runTool("cp", ["-r", assets, "\(site.assets)/arm64"])
    let result = try site.run(["inspect", "assets"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot inspect assets: it holds 2 images
        hint: `capsem-native inspect assets/arm64/rootfs.ext4`
        hint: `capsem-native inspect assets/x86_64/rootfs.ext4`

        """)
  }

  @Test func `what is neither is an error`() throws {
    let absent = try site.run(["inspect", "nowhere"])
    #expect(absent.status == 1)
    #expect(absent.errors.hasPrefix("error: cannot inspect nowhere: no such file or directory\nhint: "))
    let empty = try site.run(["inspect", "home"])
    #expect(empty.status == 1)
    #expect(empty.errors.hasPrefix("error: cannot load the config: home/config: no such directory\n"))
    try site.write("text", to: "home/text")
    let text = try site.run(["inspect", "home/text"])
    #expect(text.status == 1)
    #expect(text.errors == "error: cannot read home/text: it is no ext4 image\n")
    let device = try site.run(["inspect", "/dev/null"])
    #expect(device.status == 1)
    #expect(device.errors == "error: cannot inspect /dev/null: it is neither a directory nor an image\n")
  }

  @Test func `a compressed image says how to read it`() throws {
    try pack()
    try runTool("zstd", ["-q", "image", "-o", "rootfs.ext4.zst"], in: "\(site.directory)/home")
    let result = try site.run(["inspect", "home/rootfs.ext4.zst"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot read home/rootfs.ext4.zst: it is compressed with zstd
        hint: decompress it first: `zstd -dk home/rootfs.ext4.zst`

        """)
  }

  @Test(arguments: [
    (["--tree", "--packages"], "Error: --tree contradicts --packages"),
    (["--packages", "--cat", "/x"], "Error: --packages contradicts --cat"),
    (["--cat", "/x", "--json"], "Error: --cat contradicts --json"),
    (["--cat", ""], "Error: --cat needs a path"),
    (["--tree"], "Error: --tree needs an image, and guest is a guest directory"),
    (["--cat", "/x"], "Error: --cat needs an image, and guest is a guest directory"),
  ])
  func `options that contradict are wrong usage`(options: [String], message: String) throws {
    try site.configure(["greeting"])
    let result = try site.run(["inspect", "guest"] + options)
    #expect(result.status == 2 && result.output == "")
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
    #expect(result.errors.contains("Usage: capsem-native"))
  }

  @Test func `a full disk is an error, and a reader that goes away is none`() throws {
    try pack()
    let command = "\(site.program) inspect \(site.directory)/home/image --tree"
    let full = try ProgramRun(
      ["/bin/sh", "-c", "\(command) > /dev/full"], in: site.directory, environment: [:]
    ).finish()
    #expect(full.status == 1)
    #expect(full.errors.contains("error: cannot write to stdout: No space left on device\n"))
    let gone = try ProgramRun(
      ["/bin/bash", "-c", "set -o pipefail; \(command) | true"], in: site.directory, environment: [:]
    ).finish()
    #expect(gone.status == 0 && gone.errors == "")
  }
}
