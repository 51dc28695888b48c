import Testing

@testable import Transfer

@Suite struct LocationTests {
  @Test(arguments: [
    (
      "http://mirror.test/debian/", "pool/main/b/bash_5.2+b1~x_amd64.deb",
      "http://mirror.test/debian/pool/main/b/bash_5.2+b1~x_amd64.deb"
    ),
    ("http://mirror.test", "/a b%c", "http://mirror.test/a%20b%25c"),
    ("https://mirror.test/x?token=1", "y", "https://mirror.test/x/y?token=1"),
    ("/srv/my mirror", "dists/bookworm", "file:///srv/my%20mirror/dists/bookworm"),
    ("http://user:secret@mirror.test:8080/a#part", "b", "http://mirror.test:8080/a/b"),
  ])
  func `appends a path`(base: String, path: String, url: String) throws {
    #expect(try Location(base).appending(path).url == url)
  }

  @Test(arguments: ["ftp://mirror.test/", "mirror.test/debian", "http://", "http://a b/", ""])
  func `refuses what it cannot fetch from`(text: String) {
    #expect(throws: TransferFailure.self) { try Location(text) }
  }

  @Test(arguments: [
    "http://user:secret@mirror.test/a?token=secret", "http://user:secret@mirror.test:x/",
    "gopher://user:secret@mirror.test/?secret", "https://secret@mirror.test/#secret",
  ])
  func `shows no password and no token`(text: String) {
    do {
      let location = try Location(text)
      #expect(!"\(location)".contains("secret"))
    } catch {
      #expect(!error.summary.contains("secret"))
    }
  }

  @Test func `takes credentials along to the same server only`() throws {
    let start = try Location("https://user:secret@mirror.test/a")
    #expect(try start.redirected(to: "https://mirror.test/b").credentials == start.credentials)
    #expect(start.credentials == .basic(user: "user", password: "secret"))
    #expect(try start.redirected(to: "https://mirror.test:8443/b").credentials == nil)
    #expect(try start.redirected(to: "https://other.test/b").credentials == nil)
    #expect(try start.redirected(to: "https://a:b@other.test/b").credentials == nil)
    let token = try Location("https://mirror.test/a").authorized(bearer: "secret")
    #expect(try token.redirected(to: "https://mirror.test/b").credentials == .bearer("secret"))
    #expect(try token.redirected(to: "https://other.test/b").credentials == nil)
  }

  @Test func `follows no redirect to a weaker scheme`() throws {
    let plain = try Location("http://mirror.test/a")
    let safe = try Location("https://mirror.test/a")
    #expect(try plain.redirected(to: "https://mirror.test/b").scheme == .https)
    #expect(throws: TransferFailure.self) { try safe.redirected(to: "http://mirror.test/b") }
    #expect(throws: TransferFailure.self) { try plain.redirected(to: "file:///etc/passwd") }
  }

  @Test func `asks each candidate again after a growing delay`() throws {
    var settings = TransferSettings()
    settings.retries = 2
    settings.firstDelay = 100
    let a = try Location("http://a.test/")
    let b = try Location("http://b.test/")
    var attempts = Attempts([a, b], settings)
    let broken = TransferFailure("x", .interrupted("broken"))
    attempts.frontFailed(broken, mayRecover: true, now: 0)
    #expect(attempts.next?.location == b)
    #expect(attempts.next?.notBefore == 0)
    attempts.frontFailed(TransferFailure("b", .notFound), mayRecover: false, now: 0)
    #expect(attempts.next?.location == a)
    #expect(attempts.next?.notBefore == 100)
    attempts.frontFailed(broken, mayRecover: true, now: 100)
    #expect(attempts.next?.notBefore == 300)
    attempts.frontFailed(broken, mayRecover: true, now: 300)
    #expect(attempts.next == nil)
    #expect(attempts.failure.cause == .interrupted("broken"))
    #expect(attempts.failure.others == ["b: not found (404)"])
  }
}
