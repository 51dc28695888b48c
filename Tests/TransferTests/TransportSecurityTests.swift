import HostTools
import TestSupport
import Testing
import Threads
import Transfer

/// Against `openssl s_server`, with a certificate of its own.
@Suite struct TransportSecurityTests {
  static let openssl = HostTool("openssl", package: "openssl")

  @Test func `believes the certificate authorities that the host's user named, and no others`() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Array("hello".utf8), to: "file")
    let made = try TransportSecurityTests.openssl.run(
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
      directory: scratch.path)
    try #require(made.status == .exited(0), "\(made.messages)")
    let port = LoopbackServer.freePort()
    let stop = Cancellation()
    let server = SystemThread {
      _ = try? TransportSecurityTests.openssl.run(
        [
          "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", "cert.pem", "-key", "key.pem",
          "-WWW",
        ],
        directory: scratch.path, cancellation: stop)
    }
    defer {
      stop.cancel()
      server.join()
    }
    let place = try Location("https://127.0.0.1:\(port)/file")
    var trusting = TransferSettings(certificates: scratch.file("cert.pem"))
    trusting.firstDelay = 200
    #expect(try Downloader(trusting).fetchText([place], limit: 10).bytes == Array("hello".utf8))
    var other = TransferSettings()
    other.firstDelay = 200
    let failure = try #require(throws: TransferFailure.self) {
      try Downloader(other).fetchText([place], limit: 10)
    }
    guard case .untrusted = failure.cause else {
      Issue.record("\(failure)")
      return
    }
    #expect(failure.hints.joined().contains("SSL_CERT_FILE or CURL_CA_BUNDLE"))
  }

  @Test(
    arguments: [
      ([:], nil), (["SSL_CERT_FILE": "/a"], "/a"), (["SSL_CERT_FILE": "/a", "CURL_CA_BUNDLE": "/b"], "/b"),
      (["SSL_CERT_FILE": ""], nil),
    ] as [([String: String], String?)])
  func `takes the authorities' file from the usual variables`(variables: [String: String], path: String?) {
    #expect(TransferSettings.certificates(in: variables) == path)
  }
}
