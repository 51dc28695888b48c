import BuildModel
import Diagnosis
import GuestConfig
import Linting

extension Validation {
  /// The config, unless something in it is an error.
  func buildableConfiguration() throws -> GuestConfiguration {
    if !guest.problems.isEmpty { throw guest.error }
    if passes { return guest.configuration }
    let directory = guest.configuration.directory
    throw Report(
      "cannot build \(directory): \(errorCount) validation error(s)",
      causes: diagnostics.filter { $0.severity == .error }.map(\.line),
      hints: ["`capsem-native validate \(directory)` shows each with its line and a fix"])
  }
}

extension GuestConfiguration {
  func architectures(named names: [String]) throws -> [GuestArchitecture] {
    try names.map { name in
      guard let architecture = build.architectures.first(where: { $0.name == name }) else {
        throw Report(
          "cannot build \(name): the config has no such architecture", hints: ["it has \(architectureNames)"])
      }
      return architecture
    }
  }

  /// The host's when the config has it, else the only one.
  func defaultArchitectures() throws -> [GuestArchitecture] {
    #if arch(arm64)
      let host = DebianArchitecture.arm64
    #else
      let host = DebianArchitecture.amd64
    #endif
    if let architecture = build.architectures.first(where: { $0.debian == host }) { return [architecture] }
    if build.architectures.count == 1 { return build.architectures }
    throw Report(
      "cannot choose an architecture: the config does not have the host's",
      hints: ["name one with --arch: \(architectureNames)"])
  }

  private var architectureNames: String { build.architectures.map(\.name).joined(separator: ", ") }
}
