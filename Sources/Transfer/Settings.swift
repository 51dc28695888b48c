/// How to fetch; the proxies are what the usual variables say, read by libcurl itself.
package struct TransferSettings: Sendable {
  /// A file of certificate authorities in place of the system's.
  package var certificates: String?
  /// Looked up for each request anew: where a server sends us to is told its own, and no other's.
  package var credentials = HostCredentials()
  /// Of one candidate, after its first attempt.
  package var retries = 4
  /// Milliseconds before the first retry, doubled before each further one.
  package var firstDelay: Int64 = 500
  /// Milliseconds; a server's Retry-After beyond it is cut to it.
  package var longestDelay: Int64 = 60_000
  /// Seconds.
  package var connectTimeout = 15
  /// Bytes a second. A connection that stays below it for `idleTimeout` is given up: a server that sends
  /// a byte now and then would hold up a build for ever.
  package var slowestRate = 1024
  /// Seconds without a byte, or with too few of them, after which a connection counts as dead.
  package var idleTimeout = 30
  package var connectionsPerHost = 8
  package var connections = 16
  package var maximumRedirects = 8

  package init(certificates: String? = nil) { self.certificates = certificates }

  /// The file that the host's user named for other programs, from the environment's variables.
  package static func certificates(in environment: [String: String]) -> String? {
    for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
      if let path = environment[name], !path.isEmpty { return path }
    }
    return nil
  }
}
