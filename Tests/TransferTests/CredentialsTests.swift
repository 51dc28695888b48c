import HostTools
import TestSupport
import Testing
import Threads

@testable import Transfer

/// Against servers that demand to know who asks.
@Suite struct CredentialsTests {
  let server = LoopbackServer()

  private static let basic = "Basic dTpwIHcvOg=="  // u:p w/:
  private let hello = Array("hello".utf8)

  private func downloader(_ entries: HostCredentials.Entry...) -> Downloader {
    var settings = TransferSettings()
    settings.firstDelay = 10
    settings.credentials = HostCredentials(entries)
    return Downloader(settings)
  }

  private var place: HostCredentials.Place { .init(host: "127.0.0.1", port: server.port) }
  private let secret = HostCredentials.Secret.basic(user: "u", password: "p w/:")

  @Test func `tells a user's name and password`() throws {
    server.on("/a", .demand(CredentialsTests.basic, then: .serve(hello)))
    let a = try Location(server.url("/a"))
    #expect(try downloader(.init(place, secret)).fetchText([a], limit: 10).bytes == hello)
    // A URL's own come first.
    let other = try Location(server.url("/a", user: "x:y@"))
    #expect(throws: TransferFailure.self) {
      try downloader(.init(place, secret)).fetchText([other], limit: 10)
    }
    let failure = try #require(throws: TransferFailure.self) { try downloader().fetchText([a], limit: 10) }
    #expect(failure.cause == .refused(status: 401))
    #expect(failure.hints.first?.contains("[[build.network.credentials]]") == true)
  }

  @Test func `tells a token`() throws {
    server.on("/a", .demand("Bearer t0ken", then: .serve(hello)))
    let a = try Location(server.url("/a"))
    #expect(try downloader(.init(place, .bearer("t0ken"))).fetchText([a], limit: 10).bytes == hello)
  }

  @Test func `tells another server nothing of it, and its own what is its own`() throws {
    let other = LoopbackServer()
    other.on("/b", .serve(hello))
    server.on("/a", .redirect(other.url("/b")), .redirect(other.url("/b")))
    let all = HostCredentials.Entry(.init(host: nil), .basic(user: "any", password: "one"))
    let a = try Location(server.url("/a"))
    #expect(try downloader(.init(place, secret), all).fetchText([a], limit: 10).bytes == hello)
    #expect(server.requests.first?.headers["authorization"] == CredentialsTests.basic)
    #expect(other.requests.count == 1)
    #expect(other.requests.first?.headers["authorization"] == nil)
    let own = HostCredentials.Entry(.init(host: "127.0.0.1", port: other.port), .bearer("b"))
    #expect(try downloader(.init(place, secret), all, own).fetchText([a], limit: 10).bytes == hello)
    #expect(other.requests.last?.headers["authorization"] == "Bearer b")
  }

  @Test func `shows a client certificate to a server that demands one`() throws {
    let authority = try CertificateAuthority()
    let tls = try authority.server(demandsCertificate: true)
    defer { tls.stop() }
    let file = try Location("https://127.0.0.1:\(tls.port)/file")
    var settings = TransferSettings(certificates: authority.path("ca.pem"))
    settings.firstDelay = 200
    settings.credentials.entries = [
      .init(
        .init(host: "127.0.0.1", port: tls.port), nil,
        certificate: .init(certificate: authority.path("client.pem"), key: authority.path("client.key")))
    ]
    #expect(try Downloader(settings).fetchText([file], limit: 10).bytes == hello)
    settings.credentials.entries[0].certificate = .init(certificate: authority.path("both.pem"), key: nil)
    #expect(try Downloader(settings).fetchText([file], limit: 10).bytes == hello)

    settings.credentials.entries[0].certificate = .init(certificate: authority.path("ca.pem"), key: nil)
    var failure = try #require(throws: TransferFailure.self) {
      try Downloader(settings).fetchText([file], limit: 10)
    }
    #expect(failure.cause == .unidentified("the client certificate or its key cannot be used"))
    settings.credentials.entries = []
    failure = try #require(throws: TransferFailure.self) {
      try Downloader(settings).fetchText([file], limit: 10)
    }
    // The alert may be lost with the connection.
    guard case .unidentified(let why) = failure.cause else {
      Issue.record("\(failure)")
      return
    }
    #expect(why.hasSuffix(" a client certificate"))
    #expect(failure.hints.first?.contains("client_certificate") == true)
    // Its authority is known from the bundle alone.
    var stranger = TransferSettings()
    stranger.firstDelay = 200
    failure = try #require(throws: TransferFailure.self) {
      try Downloader(stranger).fetchText([file], limit: 10)
    }
    guard case .untrusted = failure.cause else {
      Issue.record("\(failure)")
      return
    }
  }
}
