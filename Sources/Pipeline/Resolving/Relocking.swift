import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Locking

/// How a lock is made when there is one already.
package struct Relocking: Sendable {
  /// What is there; a Release file older than the one that it knew is refused.
  var previous: Lockfile?
  /// Names of what may move, with what it needs; nil for everything.
  var moving: Set<String>?
  /// Believes Release files whose time is over.
  var allowsExpired = false

  static let everything = Relocking()

  /// The wheels of an environment that stay if they can.
  func keptWheels(_ architecture: String, environment: String) -> [LockedWheel] {
    guard let moving else { return [] }
    return locked(architecture)?.wheels.filter { $0.environment == environment && !moving.contains($0.name) }
      ?? []
  }

  /// Versions of npm packages that stay if they can, by name.
  func keptNpm() -> [String: Set<String>] {
    guard let moving, let previous else { return [:] }
    let packages = previous.architectures.flatMap(\.npm).filter { !moving.contains($0.name) }
    return Dictionary(grouping: packages, by: \.name).mapValues { Set($0.map(\.version)) }
  }

  func locked(_ architecture: String) -> LockedArchitecture? {
    previous?.architectures.first { $0.name == architecture }
  }

  /// Names that nothing in the lock has, each with what it may have meant.
  func checkNames(file: String) throws {
    guard let moving, let previous else { return }
    var names = Set(previous.buildRoots.flatMap(\.packages).map(\.name))
    for architecture in previous.architectures {
      names.formUnion(architecture.packages.map(\.name))
      names.formUnion(architecture.wheels.map(\.name))
      names.formUnion(architecture.npm.map(\.name))
    }
    for name in moving.sorted() where !names.contains(name) {
      let near = nearestNames(to: name, among: names)
      throw Report(
        "cannot update \(name): \(file) locks nothing of that name",
        hints: [
          near.isEmpty
            ? "`capsem-native lock` locks anew what the config asks for"
            : "did you mean \(near.joined(separator: " or "))?"
        ])
    }
  }
}

/// What a lock would become, and from what.
package struct Relocked: Sendable {
  /// "guest/capsem.lock"
  package var path: String
  package var previous: Lockfile?
  package var lock: Lockfile
}

extension ImageBuilder {
  /// Resolves everything for all architectures. `moving`: only what has these names, and what it needs.
  package func relock(guest: String, mirror: String?, moving: [String], allowsExpired: Bool) throws
    -> Relocked
  {
    try heeding(cancellation) {
      let configuration = try GuestConfiguration(loading: guest)
      let path = "\(configuration.directory)/capsem.lock"
      let previous = try Outputs.text(of: path).map { try Lockfile(parsing: $0, file: path) }
      if !moving.isEmpty && previous == nil {
        throw Report(
          "cannot update \(moving[0]): there is no \(path)",
          hints: ["run `capsem-native lock \(configuration.directory)` first"])
      }
      let relocking = Relocking(
        previous: previous, moving: moving.isEmpty ? nil : Set(moving), allowsExpired: allowsExpired)
      try relocking.checkNames(file: path)
      let archives = try Mirrors(requested: mirror, context: context)
        .archives(of: configuration, suite: configuration.debianSuite())
      let lock = try reaching(configuration).resolve(
        configuration, architectures: configuration.build.architectures, archives: archives,
        parts: Set(AssetPart.allCases), needed: [.rootfs], relocking: relocking)
      return Relocked(path: path, previous: previous, lock: lock)
    }
  }

  /// Writes a lock to its place.
  package func keep(_ relocked: Relocked) throws { try Outputs.write(relocked.lock.text, to: relocked.path) }
}
