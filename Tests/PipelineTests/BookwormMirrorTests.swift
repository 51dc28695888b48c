import Foundation
import Glibc
import TestSupport
import Testing

/// A mirror of Debian's own packages and of real wheels, Node.js and uv among them.
@Suite(.tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }))
struct BookwormMirrorTests {
  private static let shared = Result { try Mirrored() }

  /// One site with a lock and its mirror.
  private final class Mirrored: Sendable {
    let site: BuildSite
    let result: ProgramResult
    var mirror: String { "\(site.directory)/mirror" }

    init() throws {
      site = try BuildSite()
      try site.configure(["less", "python3"])
      try site.write(
        """
        [python]
        name = "Python packages"
        manager = "uv"
        install_cmd = "uv pip install"
        packages = ["charset-normalizer", "requests"]
        network = { name = "Index", domains = [] }

        """, to: "guest/config/packages/python.toml")
      let locked = try site.run(["lock", "guest"])
      guard locked.status == 0 else { throw ToolFailure(description: locked.errors) }
      result = try site.run(["mirror", "guest", "mirror", "--locked"])
    }
  }

  @Test func `an image built from it without a network has the same bytes`() throws {
    let mirrored = try BookwormMirrorTests.shared.get()
    let site = mirrored.site
    #expect(mirrored.result.status == 0, "\(mirrored.result.errors)")
    let online = try site.run(["build", "guest", "--locked"])
    #expect(online.status == 0, "\(online.errors)")
    let offline = try site.run(
      ["build", "guest", "--locked", "--offline", "--mirror", "mirror", "--output", "offline"],
      inside: getuid() == 0 ? ["/usr/bin/unshare", "--net"] : [], cache: "\(site.directory)/home/empty")
    #expect(offline.status == 0, "\(offline.errors)")
    let image = try site.digest("\(site.directory)/offline/\(BuildSite.architecture)/rootfs.ext4")
    #expect(try image == site.digest(site.image))
    #expect(image != nil)
    #expect(
      try runTool("debugfs", ["-R", "stat /usr/local/bin/uv", site.image]).contains("Type: regular"))
    // The same from a web server that knows nothing but files.
    let server = try StaticServer(serving: mirrored.mirror, in: "\(site.directory)/runs")
    let served = try site.run(
      ["build", "guest", "--locked", "--mirror", server.address, "--output", "served"],
      cache: "\(site.directory)/home/served")
    #expect(served.status == 0, "\(served.errors)")
    #expect(
      try site.digest("\(site.directory)/served/\(BuildSite.architecture)/rootfs.ext4") == image)
    #expect(try site.run(["mirror", "--verify", "mirror"]).status == 0)
  }

  @Test func `apt, pip and uv install from it`() throws {
    let mirrored = try BookwormMirrorTests.shared.get()
    let site = mirrored.site
    let sources = try String(contentsOfFile: "\(mirrored.mirror)/capsem.sources", encoding: .utf8)
    let apt = try AptClient(in: "\(site.directory)/runs/apt", sources: sources)
    try apt.update()
    let packages = try apt.fetch(["less", "python3"])
    for name in ["less", "python3", "libpython3-stdlib"] {
      #expect(packages.contains { $0.hasPrefix("\(name) ") }, "\(packages)")
    }

    let server = try StaticServer(serving: mirrored.mirror, in: "\(site.directory)/runs")
    defer { withExtendedLifetime(server) {} }
    let index = "\(server.address)/simple/"
    let installed = ["certifi", "charset_normalizer", "idna", "requests", "urllib3"]
    func names(_ target: String) -> [String] {
      site.names(in: target).filter { $0.hasSuffix(".dist-info") }.map { String($0.prefix { $0 != "-" }) }
    }
    let pip = "\(site.directory)/runs/pip"
    try runTool(
      "/usr/bin/python3",
      ["-m", "pip", "install", "--isolated", "--no-cache-dir", "--no-compile", "--target", pip]
        + ["--index-url", index, "requests"])
    #expect(names(pip) == installed)
    let tool = try #require(site.names(in: "\(site.cache)/tools").first { $0.hasPrefix("uv-") })
    let uv = "\(site.directory)/runs/uv"
    try runTool(
      "\(site.cache)/tools/\(tool)",
      ["pip", "install", "--no-config", "--no-cache", "--python", "/usr/bin/python3", "--target", uv]
        + ["--index-url", index, "requests"])
    #expect(names(uv) == installed)
  }
}
