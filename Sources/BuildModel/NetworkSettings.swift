import Diagnosis

/// `[build.network]`: how this host reaches servers. Nothing of it enters a lock or an image, and none
/// of it is a secret: those are in variables and files that it names.
package struct NetworkSettings: Sendable, Equatable, Codable {
  /// A file of certificate authorities, in place of the host's.
  package var caBundle: Located<String>?
  package var credentials: [NetworkCredentials] = []

  package init() {}

  /// Names of the variables that hold something secret.
  package var variables: [String] {
    credentials.flatMap { [$0.usernameVariable, $0.passwordVariable, $0.tokenVariable] }
      .compactMap { $0?.value }
  }
}

/// `[[build.network.credentials]]`: what one server wants to know of us.
package struct NetworkCredentials: Sendable, Equatable, Codable {
  /// "mirror.example" or "mirror.example:8443".
  package var host: Located<String>
  /// Names of environment variables.
  package var usernameVariable: Located<String>?
  package var passwordVariable: Located<String>?
  package var tokenVariable: Located<String>?
  /// Absolute paths of PEM files of the host.
  package var clientCertificate: Located<String>?
  /// Nil when it is in the certificate's file.
  package var clientKey: Located<String>?

  package init(at position: SourcePosition) { host = Located("", at: position) }
}
