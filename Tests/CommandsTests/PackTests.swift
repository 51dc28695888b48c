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
