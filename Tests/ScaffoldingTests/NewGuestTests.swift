import BuildModel
import Diagnosis
import GuestConfig
import Scaffolding
import TestSupport
import Testing

@Suite struct NewGuestTests {
  private let scratch: ScratchDirectory
  private let base: GuestConfiguration

  init() throws {
    scratch = try ScratchDirectory()
    try ShippedGuest.files.write(below: scratch.file("base"), replacing: false)
    base = try GuestConfiguration(loading: scratch.file("base"))
  }

  private var everything: NewGuest { NewGuest(everythingOf: base, name: "mine", date: "2026-08-10") }

  /// `lines` as the answers, and what was said meanwhile.
  private func ask(_ lines: [String]) throws -> (guest: NewGuest, said: String) {
    var (rest, said) = (lines[...], "")
    let questions = NewGuestQuestions(say: { said += $0 }, answer: { rest.popFirst() })
    let guest = try questions.ask(about: everything, from: base)
    #expect(rest.isEmpty, "answers that nothing asked for: \(rest)")
    return (guest, said)
  }

  private func loaded(_ guest: NewGuest) throws -> GuestConfiguration {
    try guest.files(from: base).write(below: scratch.file("new"), replacing: false)
    return try GuestConfiguration(loading: scratch.file("new"))
  }

  @Test func `has all of the base, under a name of its own`() throws {
    let new = try loaded(everything)
    #expect(
      try files(below: scratch.file("new"))
        == (files(below: scratch.file("base")) + ["config/manifest.toml"]).sorted())
    #expect(new.providers.map(\.key) == base.providers.map(\.key))
    #expect(new.image?.name == "mine")
    #expect(new.image?.version == "0.1.0")
    #expect(new.image?.changelog.map(\.date) == ["2026-08-10"])
    #expect(new.image?.changelog.map(\.changes) == [["First version"]])
  }

  @Test func `an empty answer is what the base has`() throws {
    #expect(try ask(Array(repeating: "", count: 11)).guest == everything)
  }

  @Test func `takes what was chosen by number and name`() throws {
    let guest = try ask(["Mine", "2.0", "For me", "3, anthropic", "1", "-", "n", "y", "", "", ""]).guest
    let new = try loaded(guest)
    #expect(new.providers.map(\.key) == ["anthropic", "openai"])
    #expect(new.packageSets.map(\.key) == ["apt"])
    #expect(new.mcpServers == [])
    #expect(new.web == WebPolicy())
    #expect(new.environment.shell.bashrc != nil)
    #expect(new.image?.description == "For me")
    #expect(new.image?.changelog.map(\.version) == ["2.0"])
  }

  @Test func `a wrong answer is asked again`() throws {
    let (guest, said) = try ask([
      "", "", "", "4", "nobody", ",", "2", "*", "*", "perhaps", "n", "", "a b", "google", "acme", "acme", "",
      "tools",
      "", "relay", "",
    ])
    for words in [
      "There is no \"4\".\n", "There is no \"nobody\".\n", "Answer y or n.\n",
      "a name has letters, digits, \"_\" and \"-\" only; \"a-b\" can be used.\n",
      "There is a \"google\" already.\n", "There is a \"acme\" already.\n",
    ] {
      #expect(said.contains(words), "\(said)")
    }
    let new = try loaded(guest)
    #expect(new.providers.map(\.key) == ["acme", "google"])
    #expect(new.packageSets.map(\.key) == ["apt", "python", "tools"])
    #expect(new.mcpServers.map(\.key) == ["local", "relay"])
    #expect(new.replaced == [])
  }

  @Test(arguments: 0..<11)
  func `input that ends early is an error`(answers: Int) throws {
    let report = try #require(throws: Report.self) { try ask(Array(repeating: "", count: answers)) }
    #expect(report.summary == "cannot ask about the new guest: the input has ended")
  }

  @Test(arguments: [
    "a \"b\" \\ c", "two\nlines\t", "[image]", "'''", "größe 模型 \u{1f600}", "\u{1}\u{7f}", "#", "",
  ])
  func `any text survives as it is`(text: String) throws {
    var guest = everything
    (guest.identity.name, guest.identity.version, guest.identity.description) = (text, text, text)
    let image = try #require(try loaded(guest).image)
    #expect([image.name, image.version, image.description] == [text, text, text])
  }

  @Test func `brings what build.toml names, and artifacts where the base has none`() throws {
    let acme = try ScratchDirectory()
    try acme.write(
      Array(
        """
        [build.architectures.x86_64]
        docker_platform = "linux/amd64"
        rust_target = "x86_64-unknown-linux-musl"
        kernel_image = "arch/x86_64/boot/bzImage"
        defconfig = "kernels/own"
        [build.apt]
        keyring = "keys/acme.gpg"

        """.utf8), to: "config/build.toml")
    for name in ["keys/acme.gpg", "kernels/own", "kernel/defconfig.x86_64", "kernel/notes", "vm/notes"] {
      try acme.write(Array(name.utf8), to: "config/\(name)")
    }
    let base = try GuestConfiguration(loading: acme.path)
    let paths = try NewGuest(everythingOf: base, name: "", date: "").files(from: base).map(\.path)
    #expect(
      paths.filter { $0.hasPrefix("config/") } == [
        "config/build.toml", "config/kernel/defconfig.x86_64", "config/kernels/own", "config/keys/acme.gpg",
        "config/manifest.toml",
      ])
    #expect(paths.filter { $0.hasPrefix("artifacts/") } == ShippedGuest.artifacts.map(\.path))
  }
}
