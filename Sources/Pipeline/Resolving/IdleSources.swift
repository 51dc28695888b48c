import BuildModel
import Diagnosis

extension Lockfile {
  /// Names in `allow_sdist` that no architecture has a package for: misspelt, or left behind.
  func idleSources(of plan: InstallPlan) -> [Located<String>] {
    let environments =
      [("python", plan.pythonSources)] + plan.providers.map { ("provider:\($0.key)", $0.sources) }
    let wheels = architectures.flatMap(\.wheels)
    return environments.flatMap { environment, sources in
      let names = Set(wheels.filter { $0.environment == environment }.map(\.name))
      return sources.filter { !names.contains(WheelName.normalized($0.value)) }
    }
  }
}

extension ImageBuilder {
  /// It may be wanted again with other packages, so it is no error.
  func warnOfIdleSources(_ lock: Lockfile, _ configuration: GuestConfiguration) {
    for source in lock.idleSources(of: InstallPlan(configuration)) {
      events(
        .warning(
          Report(
            "\(source.position): allow_sdist names \"\(source.value)\", and nothing that is installed needs it"
              .harmlessLine,
            hints: ["remove it, or see how the package is spelt in the lock"])))
    }
  }
}
