import Diagnosis

/// `[build.apt]`: where Debian packages come from, either as a suite with mirrors, or as `sources`.
package struct DebianSources: Sendable, Equatable, Codable {
  /// In place of the suite of `base_image`.
  package var suite: Located<String>?
  /// Base of the archive; nil for the host's own.
  package var mirror: Located<String>?
  package var securityMirror: Located<String>?
  /// A file of keys that may sign Release files; nil for Debian's own.
  package var keyring: Located<String>?
  /// A moment of a snapshot archive: "20260810T000000Z".
  package var snapshot: Located<String>?
  /// Base of a snapshot archive, below which each moment has a directory.
  package var snapshotMirror: Located<String>?
  /// Install what packages recommend, too.
  package var recommends = false
  /// The text of the image's `debian.sources`, in place of one made from the sources.
  package var imageSources: String?
  /// `[[build.apt.sources]]`; empty for the short form.
  package var sources: [DebianSource] = []

  package init() {}
}

/// One stanza of sources, in deb822's words.
package struct DebianSource: Sendable, Equatable, Codable {
  package var position: SourcePosition
  package var uris: [Located<String>] = []
  package var suites: [Located<String>] = []
  package var components: [String] = []
  package var signedBy: Located<String>?
  /// The priority of all its packages, as apt_preferences(5) counts.
  package var pin: Int?

  package init(at position: SourcePosition) { self.position = position }
}

/// One suite of one archive: what becomes a `LockedRelease`.
package struct DebianArchive: Sendable, Equatable, Codable {
  /// Unique in its list, and a file name: "main", "updates", "security"; for the config's own the suite.
  package var name: String
  package var uri: String
  package var suite: String
  package var components: [String]
  package var signedBy: Located<String>?
  package var pin: Int?

  package init(
    name: String, uri: String, suite: String, components: [String], signedBy: Located<String>? = nil,
    pin: Int? = nil
  ) {
    self.name = name
    self.uri = uri
    self.suite = suite
    self.components = components
    self.signedBy = signedBy
    self.pin = pin
  }
}

extension DebianSources {
  /// The archives to ask, in order. The short form means the suite with its updates and its security
  /// updates, component main, served by `mirror` and `securityMirror`; unstable has only itself. The
  /// config's own sources name their archives, so the two parameters do not change them.
  package func archives(suite: String, mirror: String, securityMirror: String) -> [DebianArchive] {
    if sources.isEmpty {
      let main = DebianArchive(
        name: "main", uri: mirror, suite: suite, components: ["main"], signedBy: keyring)
      if ["sid", "unstable", "experimental", "rc-buggy"].contains(suite) { return [main] }
      var updates = main
      updates.name = "updates"
      updates.suite = "\(suite)-updates"
      var security = main
      security.name = "security"
      security.uri = securityMirror
      security.suite = "\(suite)-security"
      return [main, updates, security]
    }
    var archives: [DebianArchive] = []
    for source in sources {
      for uri in source.uris {
        for suite in source.suites {
          let base = suite.value.split(separator: "/").joined(separator: "-")
          var name = base
          var count = 1
          while archives.contains(where: { $0.name == name }) {
            count += 1
            name = "\(base)-\(count)"
          }
          archives.append(
            DebianArchive(
              name: name, uri: uri.value, suite: suite.value, components: source.components,
              signedBy: source.signedBy ?? keyring, pin: source.pin))
        }
      }
    }
    return archives
  }
}
