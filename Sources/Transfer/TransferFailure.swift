import Diagnosis
import FileTree

/// Why something could not be fetched. The causes are told apart because each has another remedy.
package struct TransferFailure: Diagnosable, Equatable {
  /// Without credentials.
  package var location: String
  package var cause: Cause
  /// What was tried besides, one line each.
  package var others: [String]

  package enum Cause: Error, Equatable {
    /// Not a URL that we fetch from.
    case unusable(String)
    /// No connection came about.
    case unreachable(String)
    /// The certificate did not convince.
    case untrusted(String)
    /// We could not say who we are: a client certificate is wanted, or ours cannot be used.
    case unidentified(String)
    /// What the server is to be told is not there.
    case unprepared(HostCredentials.Obstacle)
    /// The connection broke, or nothing came over it any more.
    case interrupted(String)
    case notFound
    /// An index has a page of it, and not the file.
    case notListed
    case refused(status: Int)
    case redirected(String)
    /// All bytes came and they are not the ones that were asked for.
    case altered(expected: Digest, found: Digest)
    case truncated(expected: Int64, found: Int64)
    case tooLarge(limit: Int64)
    case storage(SystemFailure)
    case cancelled
  }

  package init(_ location: String, _ cause: Cause, others: [String] = []) {
    self.location = location
    self.cause = cause
    self.others = others
  }

  /// With what was tried afterwards; the failure that tells the most comes first.
  package func joined(with later: TransferFailure) -> TransferFailure {
    let (worst, other) = later.cause.weight > cause.weight ? (later, self) : (self, later)
    var joined = worst
    joined.others += ["\(other.location): \(other.cause.text)"] + other.others
    return joined
  }

  /// All answers that came, one line each, the one that tells the most first.
  package var answers: [String] { ["\(location): \(cause.text)"] + others }

  /// Nobody who was asked has it: there is nothing to try again.
  package var isDroppedEverywhere: Bool { droppers == answers.count }

  package var isDroppedSomewhere: Bool { droppers > 0 }

  private var droppers: Int {
    let words = [Cause.notFound, .notListed].map { ": \($0.text)" }
    return answers.count { answer in words.contains(where: answer.hasSuffix) }
  }

  package var summary: String { "cannot fetch \(location): \(cause.text)" }

  package var causes: [String] { others }

  package var hints: [String] {
    switch cause {
    case .unreachable:
      [
        "check the network and the proxy variables (http_proxy, https_proxy, no_proxy)",
        "name a mirror that this host reaches, with --mirror DIR|URL or in the config",
      ]
    case .untrusted:
      [
        "name the certificate authority's file in SSL_CERT_FILE or CURL_CA_BUNDLE, "
          + "or in [build.network] ca_bundle"
      ]
    case .notFound, .notListed: ["the mirror may have moved on; `capsem-native lock` resolves anew"]
    case .refused(401), .refused(403):
      [
        "the server wants credentials, or others: name the variables that hold them in "
          + "[[build.network.credentials]], or put them into ~/.netrc"
      ]
    case .unidentified:
      ["name its files in [[build.network.credentials]]: client_certificate and client_key"]
    case .unprepared(let obstacle): [obstacle.hint]
    case .refused(407): ["the proxy wants credentials: https_proxy=http://USER:PASSWORD@HOST:PORT"]
    case .altered, .tooLarge: ["a proxy or a stale mirror may be in between; name another with --mirror"]
    case .storage(let failure): failure.hints
    default: []
    }
  }
}

extension TransferFailure.Cause {
  package var text: String {
    switch self {
    case .unusable(let why): why
    case .unreachable(let why): why
    case .untrusted(let why): why
    case .unidentified(let why): why
    case .unprepared(let obstacle): obstacle.reason
    case .interrupted(let why): why
    case .notFound: "not found (404)"
    case .notListed: "the file is not listed"
    case .refused(let status): "the server answered with status \(status)"
    case .redirected(let why): "redirected \(why)"
    case .altered(let expected, let found): "expected sha256 \(expected), received \(found)"
    case .truncated(let expected, let found): "truncated: expected \(expected) bytes, received \(found)"
    case .tooLarge(let limit): "too large: expected at most \(limit) bytes, received more"
    case .storage(let failure): failure.summary
    case .cancelled: "cancelled"
    }
  }

  /// It says nothing of the server.
  package var isOurs: Bool {
    switch self {
    case .storage, .cancelled: true
    default: false
    }
  }

  /// Of several failed candidates, the one with the highest weight tells the most.
  var weight: Int {
    switch self {
    case .cancelled, .storage: 7
    case .altered: 6
    case .tooLarge, .truncated: 5
    case .untrusted, .unidentified, .unprepared: 4
    case .refused, .redirected: 3
    case .interrupted: 2
    case .notFound, .notListed: 1
    case .unreachable, .unusable: 0
    }
  }
}
