import Testing

@testable import Transfer

@Suite struct NetrcTests {
  private func secret(_ text: String, _ url: String, as dialect: Netrc.Dialect = .netrc) throws -> String? {
    let credentials = HostCredentials(Netrc(parsing: text, as: dialect).entries)
    switch credentials.secret(for: try Location(url)) {
    case .basic(let user, let password): return "\(user)|\(password)"
    case .bearer(let token): return token
    case nil: return nil
    }
  }

  @Test(
    arguments: [
      ("machine a.test login u password p", "u|p"),
      ("machine a.test\n\tlogin\tu\r\n  password p\r\n", "u|p"),
      ("machine b.test login x password y\nmachine a.test password p login u\n", "u|p"),
      ("machine a.test login u password p machine a.test login v password q", "u|p"),
      // The words of the syntax are fine names and passwords.
      ("machine a.test login login password machine account x", "login|machine"),
      ("machine a.test login default password macdef", "default|macdef"),
      // A password may begin with what elsewhere begins a comment.
      ("# machine a.test login x password y\nmachine a.test login u password #p#", "u|#p#"),
      ("machine a.test # of the office\n login u password p", "u|p"),
      (#"machine a.test login "u v" password "p \"\\ q""#, #"u v|p "\ q"#),
      (#"machine a.test login u password a"b\c"#, #"u|a"b\c"#),
      ("macdef init\nmachine a.test login x password y\n\nmachine a.test login u password p", "u|p"),
      ("machine a.test surprise login u password p", "u|p"),
      ("default login any password one\nmachine a.test login u password p", "u|p"),
      ("machine A.Test login u password p", "u|p"),
      ("machine a.test login u", "u|"),
      ("machine a.test password p", "|p"),
      ("default login any password one", "any|one"),
      ("machine a.test", nil), ("machine", nil), ("", nil), ("login u password p", nil),
      ("machine a.test.example login u password p", nil),
      ("machine test login u password p", nil),
    ] as [(String, String?)])
  func `reads what others write`(text: String, words: String?) throws {
    #expect(try secret(text, "http://a.test/x") == words)
  }

  @Test(
    arguments: [
      ("machine a.test login u password p", "https://a.test/x", "u|p"),
      // apt sends nothing in the clear that was not meant for it.
      ("machine a.test login u password p", "http://a.test/x", nil),
      ("machine http://a.test login u password p", "http://a.test/x", "u|p"),
      ("machine a.test:8443 login u password p", "https://a.test:8443/", "u|p"),
      ("machine a.test:8443 login u password p", "https://a.test/", nil),
      ("machine a.test/deb/ login u password p", "https://a.test/deb/dists", "u|p"),
      ("machine a.test/deb/ login u password p", "https://a.test/other/", nil),
      ("machine a.test/deb/ login u password p", "https://a.test/deb/../other/", nil),
      ("machine a.test/x login u password p\nmachine a.test login v password q", "https://a.test/y", "v|q"),
      ("machine ftp://a.test login u password p", "https://a.test/y", nil),
    ] as [(String, String, String?)])
  func `reads what apt reads`(text: String, url: String, words: String?) throws {
    #expect(try secret(text, url, as: .apt) == words)
  }
}

@Suite struct HostCredentialsTests {
  let credentials = HostCredentials([
    .init(.init("a.test:8443")!, .bearer("token")),
    .init(.init("a.test")!, .basic(user: "u", password: "p")),
    .init(.init("[::1]:80")!, .basic(user: "six", password: "6")),
    .init(.init(host: nil), .basic(user: "any", password: "one")),
    .init(.init("a.test")!, nil, certificate: .init(certificate: "/c", key: nil)),
  ])

  @Test(
    arguments: [
      ("https://a.test/", .basic(user: "u", password: "p")),
      ("https://a.test:8443/", .bearer("token")),
      ("https://x:y@a.test/", .basic(user: "x", password: "y")),
      ("https://u@a.test/", .basic(user: "u", password: "p")),
      ("https://other@a.test/", .basic(user: "other", password: "")),
      ("http://[::1]/", .basic(user: "six", password: "6")),
      ("https://b.test/", .basic(user: "any", password: "one")),
      ("file:///a.test", nil),
    ] as [(String, HostCredentials.Secret?)])
  func `gives each server its own`(url: String, secret: HostCredentials.Secret?) throws {
    #expect(credentials.secret(for: try Location(url)) == secret)
  }

  @Test func `lets no server choose who gets what is meant for all`() throws {
    let b = try Location("https://b.test/")
    #expect(credentials.secret(for: b, isElsewhere: true) == nil)
    let a = try Location("https://a.test/")
    #expect(credentials.secret(for: a, isElsewhere: true) == .basic(user: "u", password: "p"))
  }

  @Test func `shows a certificate to its server, and over TLS only`() throws {
    #expect(credentials.certificate(for: try Location("https://a.test/"))?.certificate == "/c")
    #expect(credentials.certificate(for: try Location("http://a.test/")) == nil)
    #expect(credentials.certificate(for: try Location("https://b.test/")) == nil)
  }

  @Test(arguments: ["", ":80", "a:", "a:0", "a:65536", "a b", "https://a", "a/b", "u@a", "::1"])
  func `refuses what is no server's name`(text: String) {
    #expect(HostCredentials.Place(text) == nil)
  }

  @Test func `shows no secret`() {
    let secrets = [HostCredentials.Secret.bearer("s3cret"), .basic(user: "u", password: "s3cret")]
    for secret in secrets {
      let credentials = HostCredentials([.init(.init(host: nil), secret)])
      #expect(!"\(credentials) \(secret)".contains("s3cret"))
      #expect(!String(reflecting: credentials).contains("s3cret"))
    }
    #expect(credentials.words == ["token", "one", "6", "p"])
  }
}
