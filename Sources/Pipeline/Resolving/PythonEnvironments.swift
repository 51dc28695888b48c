import BuildModel
import Diagnosis
import HostTools
import Locking

/// Resolves what is installed together: the system's Python packages, a provider's, or what a build from
/// source needs. Each is an environment of its own, with wheels that fit one another.
struct PythonEnvironments {
  var resolution: PythonResolution
  var guest: GuestWheels
  /// The uv of this host.
  var uv: HostTool
  /// The name of the architecture that the wheels are for.
  var architecture: String
  var relocking: Relocking
  var wheels: WheelResolution

  /// How often a version that is built from source may say that it needs something else than the last.
  private static let patience = 8

  /// The wheels and source distributions of an environment, and the wheels that building those needs.
  /// `sources` names what may be built from source.
  func wheels(
    _ requirements: [Located<String>], _ constraints: [Located<String>], _ environment: String,
    sources: [Located<String>] = []
  ) throws -> [LockedWheel] {
    do {
      var known = sources.map { SourceMetadata(name: WheelName.normalized($0.value)) }
      // The version that is chosen says what it needs, which may choose another one.
      for _ in 0..<PythonEnvironments.patience {
        let found = try wheels(requirements, constraints, environment, knowing: known)
        let read = try known.map { source in
          let chosen = found.first { $0.name == source.name && $0.isSource }
          return try chosen.map(wheels.metadata) ?? source
        }
        if read == known { return try found + buildRequirements(of: found, known, requirements + sources) }
        known = read
      }
      throw Report(
        "cannot resolve Python packages: the versions of \(known.map(\.name).joined(separator: ", ")) do not settle",
        hints: ["name a version of each: \"NAME==VERSION\""])
    } catch let error as Report {
      throw error.placed(requirements, constraints: constraints)
    }
  }

  /// One run of uv, which is told what the sources say of themselves.
  private func wheels(
    _ requirements: [Located<String>], _ constraints: [Located<String>], _ environment: String,
    knowing sources: [SourceMetadata]
  ) throws -> [LockedWheel] {
    let references = requirements.map(\.value).compactMap(PythonReference.init)
    // What names a file has the version of that file.
    let kept = relocking.keptWheels(architecture, environment: environment)
      .filter { wheel in !references.contains { $0.name == wheel.name } }
    var resolution = resolution
    resolution.sources = sources
    return try resolution.wheels(
      for: requirements.map(\.value), environment: environment, constraints: constraints.map(\.value),
      keeping: kept.map { "\($0.name)==\($0.version)" }
    ) { try wheels.run(uv, $0) }.map { try wheels.complete($0, references, guest) }
  }

  private func buildRequirements(
    of found: [LockedWheel], _ known: [SourceMetadata], _ places: [Located<String>]
  ) throws -> [LockedWheel] {
    try found.filter(\.isSource).flatMap { wheel in
      let needs = known.first { $0.name == wheel.name }?.buildRequires ?? []
      guard let place = places.first(where: { PythonReference.name(of: $0.value) == wheel.name })?.position
      else { return [LockedWheel]() }
      return try wheels(needs.map { Located($0, at: place) }, [], wheel.buildEnvironment)
    }
  }
}
