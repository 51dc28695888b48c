import BuildModel
import Diagnosis

extension GuestConfiguration {
  /// The one Debian suite of all architectures: of `[build.apt]`, or else of their base images.
  package func debianSuite() throws(GuestConfigError) -> String {
    if let suite = build.apt.suite { return suite.value }
    if let suite = build.apt.sources.first?.suites.first { return suite.value }
    var found: (suite: String, architecture: GuestArchitecture)?
    for architecture in build.architectures {
      let image = architecture.baseImage
      let key = "build.architectures.\(architecture.name).base_image"
      let hint = "name the suite: [build.apt] suite = \"bookworm\""
      guard let suite = architecture.suite else {
        let reason = "expected \"debian:SUITE\" or \"debian:SUITE-slim\", found \"\(image.value)\""
        throw error(GuestConfigProblem(.value, at: image.position, key: key, reason, hint: hint))
      }
      if let found, found.suite != suite {
        let reason = "suite \(suite), but \(found.architecture.name) has \(found.suite)"
        throw error(GuestConfigProblem(.value, at: image.position, key: key, reason, hint: hint))
      }
      found = found ?? (suite, architecture)
    }
    guard let found else { preconditionFailure("a loaded config has an architecture") }
    return found.suite
  }

  /// Debian's name for one of the architectures.
  package func debianArchitecture(of architecture: GuestArchitecture) throws(GuestConfigError)
    -> DebianArchitecture
  {
    if let debian = architecture.debian { return debian }
    let reason = "neither the name nor docker_platform says x86_64 or arm64"
    throw error(
      GuestConfigProblem(
        .value, at: architecture.position, key: "build.architectures.\(architecture.name)", reason))
  }

  private func error(_ problem: GuestConfigProblem) -> GuestConfigError {
    GuestConfigError(directory: configDirectory, problems: [problem])
  }
}
