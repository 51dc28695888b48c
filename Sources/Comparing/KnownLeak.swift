import FileTree

/// A way in which builds are known to differ, by the files in which it shows: where to look first.
package struct KnownLeak: Sendable, Equatable {
  /// Absolute paths; `*` stands for any run of bytes, slashes too.
  package var patterns: [String]
  package var words: String

  package static let all: [KnownLeak] = [
    KnownLeak(["*.pyc"], "bytecode: the header holds the time and size of its source"),
    KnownLeak(
      ["*/RECORD", "*/direct_url.json", "*/INSTALLER"], "an installer's record: paths or times of the build"),
    KnownLeak(["/etc/shadow*", "/etc/gshadow*"], "the day on which a password was set"),
    KnownLeak(["/etc/passwd*", "/etc/group*"], "ids are given in the order in which scripts run"),
    KnownLeak(["/etc/machine-id", "/var/lib/dbus/machine-id"], "an identifier drawn at random"),
    KnownLeak(
      ["/etc/ssh/ssh_host_*", "/etc/ssl/private/*", "*snakeoil*", "*random-seed", "*credential.secret"],
      "a secret that each machine makes for itself"),
    KnownLeak(["/var/cache/debconf/*"], "debconf's database: the order of questions"),
    KnownLeak(["/var/cache/ldconfig/aux-cache"], "ldconfig's cache: inode numbers and times"),
    KnownLeak(["/etc/ld.so.cache"], "ldconfig's cache: the order of directories"),
    KnownLeak(["/var/cache/man/*"], "man-db's index: times, and the order of directories"),
    KnownLeak(["/var/cache/fontconfig/*"], "fontconfig's cache: times and paths"),
    KnownLeak(["/var/cache/apt/*", "/var/lib/apt/*"], "apt's lists and caches"),
    KnownLeak(["/var/log/*"], "a log: times"),
    KnownLeak(["/etc/ssl/certs/java/cacerts"], "a Java key store: times"),
    KnownLeak(
      ["/usr/lib/locale/locale-archive"], "the locale archive: the order in which locales were added"),
    KnownLeak(["*.gz"], "gzip: the header holds a time"),
    KnownLeak(["*/.cache/*", "*/_cacache/*"], "a program's cache"),
  ]

  private init(_ patterns: [String], _ words: String) {
    self.patterns = patterns
    self.words = words
  }

  /// The first that fits.
  package static func of(_ path: TreePath) -> KnownLeak? {
    let text = Array(path.description.utf8)
    return all.first { $0.patterns.contains { fits(text[...], Array($0.utf8)[...]) } }
  }

  private static func fits(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == UInt8(ascii: "*") {
      return rest.isEmpty || text.indices.contains { fits(text[$0...], rest) } || fits(text.suffix(0), rest)
    }
    return text.first == first && fits(text.dropFirst(), rest)
  }
}
