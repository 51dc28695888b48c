import Foundation
import TestSupport
import Testing

/// Builds over an archive that is not for everybody, and what becomes of the secret.
@Suite struct CredentialsBuildTests {
  private let archive: SignedArchive
  private let server = LoopbackServer()
  private static let secret = "s3cret-of-the-mirror"
  private static let basic = "Basic \(Data("builder:\(secret)".utf8).base64EncodedString())"
  private static let variables = ["MIRROR_USER": "builder", "MIRROR_PASSWORD": secret]

  init() throws { archive = try SignedArchive.shared.get() }

  private var passwords: String {
    """

    [[build.network.credentials]]
    host = "127.0.0.1:\(server.port)"
    username_env = "MIRROR_USER"
    password_env = "MIRROR_PASSWORD"

    """
  }

  private func site(_ extra: String, at base: String? = nil) throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza(at: base ?? server.url(""))], extra: extra)
    return site
  }

  private func demand(_ words: String) throws {
    try archive.serve(on: server) { .demand(words, then: .serve($0)) }
  }

  /// Locks and builds, and looks for the secret in everything that is left and was said.
  private func build(_ site: BuildSite, _ environment: [String: String]) throws {
    for arguments in [
      ["lock", "guest"], ["build", "guest", "--until", "staged", "--progress", "json"],
      ["inspect", "guest", "--json"],
    ] {
      let result = try site.run(arguments, environment: environment)
      #expect(result.status == 0, "\(result.errors)")
      #expect(!(result.output + result.errors).contains(CredentialsBuildTests.secret))
    }
    #expect(try contents(ofFile: site.image)?.isEmpty == false)
    #expect(try contents(ofFile: "\(site.directory)/guest/capsem.lock")?.isEmpty == false)
    for word in [CredentialsBuildTests.secret, String(CredentialsBuildTests.basic.dropFirst(6))] {
      // The program itself and a user's own netrc are not what is made.
      let found = try runTool(
        "sh",
        ["-c", "grep -rlaF -- '\(word)' assets cache guest runs || test $? -eq 1"], in: site.directory)
      #expect(found == "")
    }
    #expect(try site.leftovers() == [])
  }

  @Test func `tells the archive what the variables hold`() throws {
    try demand(CredentialsBuildTests.basic)
    try build(try site(passwords), CredentialsBuildTests.variables)
  }

  @Test func `tells the archive a token`() throws {
    try demand("Bearer \(CredentialsBuildTests.secret)")
    let site = try site(
      """

      [[build.network.credentials]]
      host = "127.0.0.1"
      token_env = "MIRROR_TOKEN"

      """)
    try build(site, ["MIRROR_TOKEN": CredentialsBuildTests.secret])
  }

  @Test func `reads the user's netrc, and the one that NETRC names before it`() throws {
    try demand(CredentialsBuildTests.basic)
    let right = "machine 127.0.0.1\n  login builder password \(CredentialsBuildTests.secret)\n"
    let site = try site("")
    try site.write(right, to: "home/.netrc")
    try build(site, [:])
    let second = try self.site("")
    try second.write("machine 127.0.0.1 login builder password wrong\n", to: "home/.netrc")
    try second.write(right, to: "home/netrc")
    try build(second, ["NETRC": "\(second.directory)/home/netrc"])
  }

  /// Root's own directory is another one for the time of the run.
  @Test(.enabled("needs root", { Requirement.root }))
  func `reads what apt itself is told, from its own place`() throws {
    try demand(CredentialsBuildTests.basic)
    let site = try site("")
    try site.write(
      "machine http://127.0.0.1:\(server.port)/ login builder password \(CredentialsBuildTests.secret)\n",
      to: "home/auth/mirror.conf")
    try site.write(
      "machine http://127.0.0.1:\(server.port) login other password x\n", to: "home/auth/skipped")
    let place = [
      "unshare", "--mount", "sh", "-c",
      "mount --bind '\(site.directory)/home/auth' /etc/apt/auth.conf.d && exec \"$@\"", "sh",
    ]
    for command in [["lock", "guest"], ["build", "guest", "--until", "staged"]] {
      let result = try site.run(command, inside: place)
      #expect(result.status == 0, "\(result.errors)")
    }
    let found = try runTool(
      "sh",
      ["-c", "grep -rlaF -- '\(CredentialsBuildTests.secret)' assets cache guest runs || test $? -eq 1"],
      in: site.directory)
    #expect(found == "")
    let refused = try self.site("").run(["lock", "guest", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("the server answered with status 401"), "\(refused.errors)")
  }

  @Test func `names the variable that is not set, once its server has to be asked`() throws {
    try demand(CredentialsBuildTests.basic)
    let site = try site(passwords)
    let half = ["MIRROR_USER": "builder"]
    func refusal(_ command: [String]) throws {
      let before = server.requests.count
      let result = try site.run(command + ["--progress", "none"], environment: half)
      #expect(result.status == 1)
      #expect(
        result.errors.hasPrefix("error: cannot fetch ")
          && result.errors.contains(": the variable MIRROR_PASSWORD is not set\n"), "\(result.errors)")
      #expect(
        result.errors.contains(
          "hint: set it in the environment of this program, or remove it from guest/config/build.toml:"),
        "\(result.errors)")
      #expect(server.requests.count == before)
    }
    let build = ["build", "guest", "--until", "staged"]
    try refusal(["lock", "guest"])
    try refusal(build)
    let locked = try site.run(["lock", "guest"], environment: CredentialsBuildTests.variables)
    #expect(locked.status == 0, "\(locked.errors)")
    try refusal(build + ["--locked"])
    let filled = try site.run(build, environment: CredentialsBuildTests.variables)
    #expect(filled.status == 0, "\(filled.errors)")
    // With everything in the cache nobody is asked.
    let count = server.requests.count
    let cached = try site.run(build, environment: half)
    #expect(cached.status == 0, "\(cached.errors)")
    #expect(server.requests.count == count)
  }

  /// What the config asks for is written into the lock.
  @Test func `refuses an address with a password in the config, and does not repeat it`() throws {
    try demand(CredentialsBuildTests.basic)
    let site = try site("", at: server.url("", user: "builder:\(CredentialsBuildTests.secret)@"))
    for command in [["lock", "guest"], ["build", "guest", "--until", "staged"], ["validate", "guest"]] {
      let result = try site.run(command)
      #expect(result.status == 1)
      let said = result.output + result.errors
      #expect(said.contains("[[build.network.credentials]] is for them"), "\(said)")
      #expect(!said.contains(CredentialsBuildTests.secret))
    }
    #expect(server.requests.isEmpty)
    #expect(try contents(ofFile: "\(site.guest)/capsem.lock") == nil)
  }

  @Test func `says what a refusing archive wants, and not what it was told`() throws {
    try demand("Bearer other")
    let result = try site(passwords).run(
      ["lock", "guest", "--progress", "none"], environment: CredentialsBuildTests.variables)
    #expect(result.status == 1)
    #expect(result.errors.contains("the server answered with status 401"), "\(result.errors)")
    #expect(result.errors.contains("[[build.network.credentials]], or put them into ~/.netrc"))
    #expect(!result.errors.contains(CredentialsBuildTests.secret))
  }

  @Test func `goes through a proxy that demands credentials of its own`() throws {
    let base = "http://mirror.test/debian"
    try archive.serve(on: server, at: base) { .demandAsProxy(CredentialsBuildTests.basic, then: .serve($0)) }
    let site = try site("", at: base)
    let proxy = server.url("", user: "builder:\(CredentialsBuildTests.secret)@")
    try build(site, ["http_proxy": proxy, "no_proxy": ""])
    #expect(server.requests.allSatisfy { $0.path.hasPrefix(base) && $0.headers["authorization"] == nil })
    let refused = try self.site("", at: base).run(
      ["lock", "guest", "--progress", "none"],
      environment: ["http_proxy": server.url("", user: "builder:wrong@"), "no_proxy": ""])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("hint: the proxy wants credentials"), "\(refused.errors)")
    #expect(!refused.errors.contains("wrong"))
  }

  @Test func `shows a client certificate, and trusts the bundle that the config names`() throws {
    let authority = try CertificateAuthority()
    let tls = try authority.server(demandsCertificate: true, directory: archive.root)
    defer { tls.stop() }
    let bundle = "\n[build.network]\nca_bundle = \"\(authority.path("ca.pem"))\"\n"
    let pair = """

      [[build.network.credentials]]
      host = "127.0.0.1:\(tls.port)"
      client_certificate = "\(authority.path("client.pem"))"
      client_key = "\(authority.path("client.key"))"

      """
    let base = "https://127.0.0.1:\(tls.port)"
    try build(try site(bundle + pair, at: base), [:])
    func refusal(_ extra: String) throws -> String {
      let result = try site(extra, at: base).run(["lock", "guest", "--progress", "none"])
      #expect(result.status == 1)
      return result.errors
    }
    #expect(try refusal(bundle).contains(" a client certificate\n"))
    #expect(try refusal(pair).contains("ca_bundle"))
    #expect(
      try refusal("\n[build.network]\nca_bundle = \"/nonexistent\"\n").hasPrefix(
        "error: cannot use the certificate authorities: "))
  }
}
