import BuildModel
import Testing

@Suite struct NpmTests {
  /// SHA-512 of nothing, as `openssl dgst -sha512 -binary | base64` has it.
  private static let nothing =
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="

  @Test func `takes the SHA-512 out of an integrity, and nothing weaker`() throws {
    #expect(NpmIntegrity(Self.nothing)?.text == Self.nothing)
    #expect(NpmIntegrity("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= \(Self.nothing)?opt")?.text == Self.nothing)
    for text in [
      "", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", String(Self.nothing.dropLast(3)), Self.nothing + "A",
      Self.nothing.replacing("z4Ph", with: "z4P-"),
    ] {
      #expect(NpmIntegrity(text) == nil, "\(text)")
    }
    let bytes: [UInt8] = Array(0..<64)
    let text = NpmIntegrity(digest: bytes).text
    #expect(
      text
        == "sha512-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==")
    #expect(NpmIntegrity(text)?.text == text)
  }

  @Test func `reads places as npm writes them`() throws {
    let place = try #require(NpmPlace("node_modules/@a/b/node_modules/c"))
    #expect(place.names == ["@a/b", "c"])
    #expect(place.text == "node_modules/@a/b/node_modules/c")
    #expect(place.outer?.text == "node_modules/@a/b")
    #expect(
      place.candidates(for: "d").map(\.text) == [
        "node_modules/@a/b/node_modules/c/node_modules/d", "node_modules/@a/b/node_modules/d",
        "node_modules/d",
      ])
  }

  @Test(arguments: [
    "", "a", "node_modules", "node_modules/", "node_modules/..", "node_modules/@a", "node_modules/@a/..",
    "node_modules/a/b", "node_modules/a/node_modules/..", "/node_modules/a", "node_modules/.bin",
    "node_modules/a\0b", "node_modules/a\nb", "node_modules/node_modules", "../node_modules/a",
    "node_modules/@/b", "node_modules/a/../node_modules/b",
  ])
  func `refuses places that are none`(text: String) { #expect(NpmPlace(text) == nil) }

  @Test func `orders versions as Semantic Versioning does`() throws {
    let texts = [
      "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
      "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0+build",
    ]
    let versions = try texts.map { try #require(NpmVersion($0)) }
    for (a, b) in zip(versions, versions.dropFirst()) { #expect(a < b && !(b < a)) }
    for text in ["", "1", "1.2", "1.2.x", "1.2.3.4", "latest"] { #expect(NpmVersion(text) == nil, "\(text)") }
  }
}
