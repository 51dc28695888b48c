import Diagnosis

/// What a verified Release file must hold against before its indexes are used: a signature says who
/// wrote it, not that it is the one that was asked for, nor that it is of today.
package struct ReleaseCheck: Sendable {
  /// Compared with Codename and with Suite: "bookworm", "bookworm-updates", "bookworm-security".
  package var suite: String
  package var architectures: [String]
  /// Seconds since 1970.
  package var now: Int64
  /// False for a snapshot of the past, whose time was over long ago.
  package var honoursValidUntil = true
  /// The date of the Release file that was accepted last, for a source that must not go back.
  package var notBefore: Int64?

  /// How far an archive's clock may be ahead of ours: apt's Acquire::Max-FutureTime.
  package static let futureTolerance: Int64 = 10

  package init(
    suite: String, architectures: [String], now: Int64, honoursValidUntil: Bool = true,
    notBefore: Int64? = nil
  ) {
    self.suite = suite
    self.architectures = architectures
    self.now = now
    self.honoursValidUntil = honoursValidUntil
    self.notBefore = notBefore
  }

  package func check(_ release: ReleaseFile) throws(ReleaseRefusal.Cause) {
    guard release.codename == suite || release.suite == suite else {
      throw .wrongSuite(expected: suite, found: release.codename ?? release.suite ?? "none")
    }
    if release.date > now + ReleaseCheck.futureTolerance {
      throw .fromTheFuture(date: release.date, now: now)
    }
    if honoursValidUntil, let end = release.validUntil, end < now {
      throw .expired(validUntil: end, now: now)
    }
    if let notBefore, release.date < notBefore {
      throw .olderThanKnown(date: release.date, known: notBefore)
    }
    for architecture in architectures
    where !release.architectures.isEmpty && !release.architectures.contains(architecture) {
      throw .missing("architecture \(architecture)", available: release.architectures)
    }
  }
}

/// Why a suite is not used.
package struct ReleaseRefusal: Diagnosable, Equatable {
  /// The InRelease file's URL, without credentials.
  package var release: String
  package var cause: Cause

  package enum Cause: Error, Equatable {
    case malformed(String)
    case noStrongDigest
    case wrongSuite(expected: String, found: String)
    case fromTheFuture(date: Int64, now: Int64)
    case expired(validUntil: Int64, now: Int64)
    case olderThanKnown(date: Int64, known: Int64)
    case missing(String, available: [String])
  }

  package init(_ release: String, _ cause: Cause) {
    self.release = release
    self.cause = cause
  }

  package var summary: String { "cannot use \(release): \(reason)" }

  private var reason: String {
    switch cause {
    case .malformed(let why): why
    case .noStrongDigest: "it lists no SHA-256 digests"
    case .wrongSuite(let expected, let found): "expected suite \(expected), found \(found)"
    case .fromTheFuture(let date, let now):
      "it is from the future: dated \(ReleaseDate.text(date)), now is \(ReleaseDate.text(now))"
    case .expired(let end, let now):
      "it was valid until \(ReleaseDate.text(end)), now is \(ReleaseDate.text(now))"
    case .olderThanKnown(let date, let known):
      "it is older than what was seen before: dated \(ReleaseDate.text(date)), seen \(ReleaseDate.text(known))"
    case .missing(let what, let available):
      "it has no \(what); it has \(available.joined(separator: ", "))"
    }
  }

  package var hints: [String] {
    switch cause {
    case .fromTheFuture: ["check this host's clock"]
    case .expired: ["the mirror is out of date: name another, or a snapshot with [build.apt] snapshot"]
    case .olderThanKnown: ["the mirror is behind or was put back; name another"]
    default: []
    }
  }
}
