import TestSupport

/// A package whose script answers the probes; the answers come to the log, none into the image.
enum ProbeFixture {
  static let package = FixturePackage("probe", "1") { postinst(Probe.script("inside")) }
}

/// Where the compared images come from: a suite of the mirror that the host's apt has, and an archive of fixtures.
enum Archives {
  static let fixtures = Result {
    try SignedArchive(packages: [ProbeFixture.package, ClockFixture.package()])
  }

  /// The mirror that has bookworm has the other suites beside it.
  static func stanzas(of suite: String) throws -> [BuildSite.SourceStanza] {
    [
      .init(uri: try BuildSite.hostArchive(of: "bookworm"), suite: suite, keyring: nil),
      try fixtures.get().stanza,
    ]
  }
}
