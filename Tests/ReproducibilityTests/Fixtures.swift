import TestSupport

/// A package whose script answers the probes; the answers come to the log, none into the image.
enum ProbeFixture {
  static let package = FixturePackage("probe", "1") { postinst(Probe.script("inside")) }
}

/// Where the compared images come from: bookworm as the host's apt has it, and an archive of fixtures.
enum Archives {
  static let fixtures = Result {
    try SignedArchive(packages: [ProbeFixture.package, ClockFixture.package()])
  }

  static func stanzas() throws -> [BuildSite.SourceStanza] {
    [
      .init(uri: try BuildSite.hostArchive(of: "bookworm"), suite: "bookworm", keyring: nil),
      try fixtures.get().stanza,
    ]
  }
}
