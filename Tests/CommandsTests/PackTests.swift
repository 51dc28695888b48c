import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct PackTests {
  let site: BuildSite

  init() throws {
    site = try BuildSite()
    for (name, text) in [("tree/a/file", "content"), ("tree/b", "more"), ("tree/a/empty", "")] {
      try site.write(text, to: name)
    }
    try runTool(
      "sh",
      [
        "-c",
        """
        set -e
        ln b hard; ln -s a/file soft; chmod 4711 a/file
        truncate -s 3M sparse; printf end >> sparse
        find . -exec touch -h -d @1700000000.123456789 {} +
        """,
      ], in: "\(site.directory)/tree")
    try site.user.own("\(site.directory)/tree")
  }

  @Test func `makes the same bytes of a directory and of its tar archives`() throws {
    let tar = ["--format=posix", "--sort=name", "-C", "\(site.directory)/tree"]
    for (flags, name) in [([], "tree.tar"), (["--zstd"], "tree.tar.zst"), (["--xz"], "tree.tar.xz")] {
      try runTool("tar", tar + flags + ["-cf", "\(site.directory)/\(name)", "."])
    }
    var digests: [String?] = []
    for source in ["tree", "tree.tar", "tree.tar.zst", "tree.tar.xz"] {
      let image = "\(site.directory)/home/\(source).ext4"
      let result = try site.run(["pack", source, image, "--label", "packed"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("wrote \(image): 8 entries, "))
      digests.append(try site.digest(image))
    }
    #expect(Set(digests).count == 1)
    let image = "\(site.directory)/home/tree.ext4"
    try runTool("e2fsck", ["-fn", image])
    #expect(try runTool("dumpe2fs", ["-h", image]).contains("Filesystem volume name:   packed\n"))
    #expect(try runTool("debugfs", ["-R", "cat /a/file", image]).hasPrefix("content"))
    #expect(site.names(in: "\(site.directory)/home").count == 4)
  }

  @Test func `the tree's digest is the same whatever it was packed from, and that of inspect's text`() throws
  {
    // Links in another order than their names, one that was replaced, and the directory that every ext4
    // file system has anyway.
    try runTool(
      "sh",
      [
        "-c",
        """
        set -e
        ln b z; mkdir -m 700 lost+found; echo long > y; ln y c; mkfifo pipe
        find . -exec touch -h -d @1700000000 {} +; chown -hR 0:0 . 2>/dev/null || :
        """,
      ], in: "\(site.directory)/tree")
    try runTool(
      "tar",
      [
        "-C", "tree", "--format=gnu", "-cf", "tree.tar", "--no-recursion", ".", "z", "y", "hard", "c", "b",
        "a", "a/file", "a/empty", "soft", "sparse", "pipe", "lost+found",
      ], in: site.directory)
    try runTool(
      "tar", ["-C", "tree", "--format=gnu", "-rf", "tree.tar", "a/empty", "a/file"], in: site.directory)
    var digests: Set<String> = []
    // As root, where that can be: the directory is root's then.
    let runner = try BuildSite(TestUser.available[TestUser.available.count - 1])
    for source in ["tree", "tree.tar"] {
      let result = try runner.run([
        "pack", "\(site.directory)/\(source)", "\(site.directory)/home/\(source).ext4",
      ])
      #expect(result.status == 0, "\(result.errors)")
      let text = try runTool(
        "sh", ["-c", "\(site.program) inspect home/\(source).ext4 --tree | sha256sum"], in: site.directory)
      #expect(result.errors.hasSuffix("\ntree \(text.prefix(64))\n"), "\(result.errors)")
      digests.insert(String(text.prefix(64)))
    }
    #expect(digests.count == 1)
  }

  @Test func `the UUID comes from the tree, and the hash seed from its names`() throws {
    func identity(_ image: String) throws -> (uuid: String, seed: String) {
      let result = try site.run(["pack", "tree", "home/\(image)"])
      let words = try runTool("dumpe2fs", ["-h", "\(site.directory)/home/\(image)"]).split(separator: "\n")
      func value(_ name: String) -> String {
        words.first { $0.hasPrefix("\(name):") }?.split(separator: " ").last.map(String.init) ?? ""
      }
      // Version 8 and the variant of RFC 9562 take six bits.
      let digest = Array(result.errors.split(separator: " ").last ?? "")
      let plain = Array(value("Filesystem UUID").filter { $0 != "-" })
      for index in plain.indices where index != 12 && index != 16 { #expect(plain[index] == digest[index]) }
      #expect(plain[12] == "8" && "89ab".contains(plain[16]))
      return (value("Filesystem UUID"), value("Directory Hash Seed"))
    }
    let first = try identity("first")
    try site.write("Content", to: "tree/a/file")
    let other = try identity("other")
    #expect(other.uuid != first.uuid && other.seed == first.seed)
    try site.write("", to: "tree/new")
    let third = try identity("third")
    #expect(third.uuid != other.uuid && third.seed != other.seed)
  }

  @Test func `replaces an image only when the new one is there`() throws {
    try site.write("an earlier image", to: "home/image")
    let image = "\(site.directory)/home/image"
    for (arguments, message) in [
      (
        ["pack", "absent", image], "error: cannot open \(site.directory)/absent: No such file or directory\n"
      ),
      (
        ["pack", "tree", image, "--size", "big"],
        "error: cannot use the size \"big\": expected bytes, or a number with K, M or G\n"
      ),
    ] {
      let result = try site.run(arguments + ["--quiet"])
      #expect(result.status == 1)
      #expect(result.errors == message)
    }
    try site.write("not a tar archive, though its name says so", to: "broken.tar")
    for arguments in [["pack", "tree", image, "--size", "64K"], ["pack", "broken.tar", image]] {
      let result = try site.run(arguments + ["--quiet"])
      #expect(result.status == 1)
      #expect(result.errors.hasPrefix("error: cannot "), "\(result.errors)")
    }
    #expect(try contents(ofFile: image) == Array("an earlier image".utf8))
    #expect(site.names(in: "\(site.directory)/home") == ["image"])
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `ends when it is told to, and leaves nothing`(signal: CInt) throws {
    // As much as takes a while.
    let piece = Data(noise(1 << 20))
    let file = "\(site.directory)/tree/piece"
    try piece.write(to: URL(filePath: file))
    try runTool(
      "sh", ["-c", "for n in $(seq 500); do cp piece piece-$n; done"], in: "\(site.directory)/tree")
    try site.user.own("\(site.directory)/tree")
    let run = try site.start(["pack", "tree", "home/image"])
    #expect(run.waits { _ in !site.names(in: "\(site.directory)/home").isEmpty })
    run.send(signal)
    let result = try run.finish()
    #expect(result.status == 128 + signal, "\(result.errors)")
    #expect(result.errors.hasSuffix("interrupted\n"))
    #expect(site.names(in: "\(site.directory)/home") == [])
  }
}
