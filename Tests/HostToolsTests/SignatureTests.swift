@testable import HostTools
import TestSupport
import Testing

@Suite struct SignatureTests {
  /// Keys are slow to make, and these never change.
  struct Keys: Sendable {
    let archive: SigningKey
    let rsa: SigningKey
    let stranger: SigningKey
    let expired: SigningKey

    init() throws {
      archive = try SigningKey()
      rsa = try SigningKey("RSA Archive", algorithm: "rsa2048")
      stranger = try SigningKey("Stranger")
      expired = try SigningKey("Expired Archive", expiry: "1d", at: "20200101T000000")
    }
  }

  static let keys = Result { try Keys() }
  let keys: Keys
  let text = "Origin: Fixture\n- dashes\n-----BEGIN not a frame\nSuite: stable\n"

  init() throws { keys = try SignatureTests.keys.get() }

  private func refusal(_ document: [UInt8], _ keyring: String, fingerprints: Set<String>? = nil) throws
    -> SignatureRefusal
  {
    try #require(throws: SignatureRefusal.self) {
      try SignatureVerifier(keyring: keyring, fingerprints: fingerprints).verify(document, named: "InRelease")
    }
  }

  private func verify(_ document: [UInt8], _ key: SigningKey) throws -> SignedDocument {
    try SignatureVerifier(keyring: key.keyring).verify(document, named: "InRelease")
  }

  @Test func `accepts a good signature and returns the signed text`() throws {
    let signed = try verify(try keys.archive.sign(text), keys.archive)
    #expect(signed.payload == Array(text.utf8))
    #expect(signed.fingerprints == [keys.archive.fingerprint])
  }

  @Test(arguments: ["SHA224", "SHA256", "SHA384", "SHA512"])
  func `accepts strong digests`(digest: String) throws {
    #expect(try verify(try keys.rsa.sign(text, digest: digest), keys.rsa).payload == Array(text.utf8))
  }

  @Test(arguments: ["SHA1", "RIPEMD160"])
  func `refuses weak digests`(digest: String) throws {
    let refusal = try refusal(try keys.rsa.sign(text, digest: digest), keys.rsa.keyring)
    guard case .noGoodSignature(let reasons, _) = refusal.cause else {
      Issue.record("\(refusal)")
      return
    }
    #expect(reasons.contains { $0.contains("weak") })
  }

  @Test func `refuses a key that is not in the keyring`() throws {
    let refusal = try refusal(try keys.stranger.sign(text), keys.archive.keyring)
    #expect(refusal.causes == ["key \(keys.stranger.fingerprint.suffix(16)) is not in the keyring"])
  }

  @Test func `refuses a key of the keyring that was not named, and accepts it by name`() throws {
    let document = try keys.archive.sign(text)
    let named = SignatureVerifier(
      keyring: keys.archive.keyring, fingerprints: [keys.archive.fingerprint])
    #expect(try named.verify(document, named: "InRelease").payload == Array(text.utf8))
    _ = try refusal(document, keys.archive.keyring, fingerprints: [keys.stranger.fingerprint])
  }

  @Test func `refuses the signature of an expired key`() throws {
    let refusal = try refusal(try keys.expired.sign(text), keys.expired.keyring)
    #expect(refusal.causes == ["key of Expired Archive has expired"])
  }

  @Test func `refuses a text that was changed`() throws {
    let document = String(decoding: try keys.archive.sign(text), as: UTF8.self)
    let changed = Array(document.split(separator: "stable").joined(separator: "stabbe").utf8)
    #expect(changed.count == document.utf8.count)
    let refusal = try refusal(changed, keys.archive.keyring)
    #expect(refusal.cause == .altered(["bad signature by Fixture Archive"]))
  }

  @Test func `refuses what is not signed`() throws {
    #expect(
      try refusal(Array(text.utf8), keys.archive.keyring).summary
        == "cannot verify InRelease: it is not signed")
  }

  @Test func `refuses text around the signed part, and accepts line breaks`() throws {
    let document = try keys.archive.sign(text)
    let before = try refusal(Array("Suite: other\n".utf8) + document, keys.archive.keyring)
    #expect(before.cause == .frame("there is text before the signed part"))
    let after = try refusal(document + Array("Suite: other\n".utf8), keys.archive.keyring)
    #expect(after.cause == .frame("there is text after the signed part"))
    _ = try refusal(document + document, keys.archive.keyring)
    #expect(try verify(document + [10, 10], keys.archive).payload == Array(text.utf8))
  }

  @Test func `refuses a frame whose signature was cut out`() throws {
    let document = String(decoding: try keys.archive.sign(text), as: UTF8.self)
    let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "-----BEGIN PGP SIGNATURE-----"))
    let cut = lines[...start] + ["", "-----END PGP SIGNATURE-----", ""]
    _ = try refusal(Array(cut.joined(separator: "\n").utf8), keys.archive.keyring)
  }

  @Test func `says what is wrong with a keyring`() throws {
    let scratch = try ScratchDirectory()
    let document = try keys.archive.sign(text)
    let absent = try refusal(document, scratch.file("absent.gpg"))
    #expect(absent.summary.contains("No such file or directory"))
    let armoured = try scratch.write(Array("-----BEGIN PGP PUBLIC KEY BLOCK-----\n".utf8), to: "key.asc")
    #expect(try refusal(document, armoured).hints.contains { $0.contains("--dearmor") })
  }

  /// Lines as gpgv 2.2.40 writes them.
  @Test(
    arguments: [
      ("NEWSIG|GOODSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P|NEWSIG|ERRSIG 2 1 8 01 t 9|NO_PUBKEY 2", ["P"], 0),
      ("NEWSIG|GOODSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P|NEWSIG|BADSIG 2 B", ["P"], 1),
      ("NEWSIG|EXPKEYSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P", [], 0),
      ("NEWSIG|REVKEYSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P", [], 0),
      ("NEWSIG|EXPSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P", [], 0),
      ("NEWSIG|GOODSIG 1 A|VALIDSIG F d t 0 4 0 1 2 01 P", [], 0),
      ("NEWSIG|GOODSIG 1 A|NEWSIG|VALIDSIG F d t 0 4 0 1 8 01 P", [], 0),
      ("GOODSIG 1 A|VALIDSIG F d t 0 4 0 1 8 01 P", [], 0),
    ] as [(String, [String], Int)])
  func `reads gpgv's verdict as apt does`(lines: String, good: [String], bad: Int) {
    let report = lines.split(separator: "|").map { "[GNUPG:] \($0)\n" }.joined()
    let verdict = SignatureVerdict(report, allowed: nil)
    #expect(verdict.good == good)
    #expect(verdict.bad.count == bad)
  }
}
