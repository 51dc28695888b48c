import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

/// Programs that are fetched as files, from a loopback server: manager `curl`.
@Suite(
  .tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }))
struct BookwormFilesTests {
  private final class Files {
    let server = LoopbackServer()
    let site: BuildSite
    private var tables = ""

    init() throws {
      site = try BuildSite()
      try site.configure(["less", "mawk"])
    }

    func serve(_ name: String, _ bytes: [UInt8]) -> (url: String, sha256: String) {
      server.on("/\(name)", .serve(bytes))
      return (server.url("/\(name)"), Digest(of: bytes).hex)
    }

    func add(
      _ key: String, _ files: [(url: String, sha256: String)], _ more: String = "", pinned: Bool = true
    ) throws {
      tables += """
        [\(key)]
        name = "Files"
        manager = "curl"
        install_cmd = "curl"
        packages = [\(files.map { "\"\($0.url)\"" }.joined(separator: ", "))]
        network = { name = "Files", domains = [] }
        \(pinned ? "sha256 = [\(files.map { "\"\($0.sha256)\"" }.joined(separator: ", "))]" : "")
        \(more)

        """
      try site.write(tables, to: "guest/config/packages/files.toml")
    }

    func build() throws -> ProgramResult {
      try site.run(["build", "guest", "--until", "installed"])
    }

    func look(_ request: String) throws -> String { try runTool("debugfs", ["-R", request, site.image]) }
  }

  @Test func `a program, an archive and an installer come into the image`() throws {
    let files = try Files()
    let program = try #require(try contents(ofFile: "/usr/bin/true"))
    try files.add("truth", [files.serve("truth", program)])
    let scratch = try ScratchDirectory()
    try scratch.write(Array("#!/bin/sh\necho tool\n".utf8), to: "tool-1.0/bin/tool")
    try runTool("chmod", ["0700", scratch.file("tool-1.0/bin/tool")])
    try runTool("ln", ["-s", "bin/tool", scratch.file("tool-1.0/current")])
    let archive = scratch.file("tool.tar.xz")
    try runTool("tar", ["-cJf", archive, "-C", scratch.path, "tool-1.0"])
    try files.add(
      "tool", [files.serve("tool.tar.xz", try #require(try contents(ofFile: archive)))],
      "links = { tool = \"tool-1.0/bin/tool\" }\nprefix = \"/opt/tools\"")
    let payload = files.serve("payload", Array("payload\n".utf8))
    let version = files.serve("version", Array("7\n".utf8))
    let installer = """
      #!/bin/bash
      set -eu
      version=$(curl -fsSL "\(version.url)")
      mkdir -p ~/.local/bin ~/.local/share/app
      curl -fsSL -o ~/.local/share/app/app-$version "\(payload.url)"
      wget -q -O ~/.local/share/app/other "\(payload.url)"
      chmod +x ~/.local/share/app/app-$version
      ln -s ../share/app/app-$version ~/.local/bin/app
      """
    try files.add("app", [files.serve("install.sh", Array(installer.utf8)), payload, version])
    let result = try files.build()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try files.look("stat /usr/local/bin/truth").contains("Fast link dest: \"/opt/truth/truth\""))
    #expect(try files.look("stat /opt/truth/truth").contains("Mode:  0755"))
    #expect(try files.look("cat /opt/tools/tool-1.0/bin/tool") == "#!/bin/sh\necho tool\n")
    #expect(try files.look("stat /opt/tools/tool-1.0/current").contains("Fast link dest: \"bin/tool\""))
    #expect(try files.look("stat /usr/local/bin/tool").contains("/opt/tools/tool-1.0/bin/tool"))
    #expect(try files.look("cat /usr/local/bin/app") == "payload\n")
    #expect(try files.look("stat /usr/local/bin/app").contains("Mode:  0555"))
    #expect(try !files.look("ls -p /run").contains("capsem"))
    // The same without a network, from a mirror alone.
    #expect(try files.site.run(["lock", "guest"]).status == 0)
    #expect(try files.site.run(["mirror", "guest", "mirror", "--locked"]).status == 0)
    try runTool(
      "sha256sum", ["--check", "--quiet", "SHA256SUMS"], in: "\(files.site.directory)/mirror/files")
    let offline = try files.site.run(
      ["build", "guest", "--locked", "--offline", "--mirror", "mirror", "--until", "installed"]
        + ["--output", "offline"], cache: "\(files.site.directory)/home/empty")
    #expect(offline.status == 0, "\(offline.errors)")
    #expect(
      try files.site.digest("\(files.site.directory)/offline/\(BuildSite.architecture)/rootfs.ext4")
        == files.site.digest(files.site.image))
  }

  @Test func `an installer that wants more is refused, with what to declare`() throws {
    let files = try Files()
    let installer = """
      #!/bin/sh
      curl -fsSL https://files.example/version -o /tmp/version || true
      wget https://files.example/payload
      """
    try files.add("app", [files.serve("install.sh", Array(installer.utf8))])
    let result = try files.build()
    #expect(result.status == 1)
    for words in [
      "cannot run the installer install.sh of app: it wants files that are not declared",
      "it asked for https://files.example/version", "it asked for https://files.example/payload",
    ] {
      #expect(result.errors.contains(words), "\(result.errors)")
    }
  }

  @Test func `what is not pinned is an error with the line to add`() throws {
    let files = try Files()
    let file = files.serve("tool", Array("tool".utf8))
    try files.add("tool", [file], pinned: false)
    let result = try files.site.run(["lock", "guest"])
    #expect(result.status == 1)
    #expect(result.errors.contains("add the line: sha256 = [\"\(file.sha256)\"]"), "\(result.errors)")
  }

  @Test func `what has another digest is not taken`() throws {
    let files = try Files()
    let file = files.serve("tool", Array("tool".utf8))
    try files.add("tool", [(file.url, Digest(of: "another").hex)])
    let result = try files.site.run(["lock", "guest"])
    #expect(result.status == 1)
    #expect(result.errors.contains("cannot lock the file \(file.url): "), "\(result.errors)")
    #expect(result.errors.contains(file.sha256))
  }
}
