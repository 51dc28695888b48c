import BuildModel
import Compression
import Diagnosis
import Fetching
import FileTree
import Glibc
import Solver
import GuestConfig
import HostTools
import Imaging
import Installing
import Linting
import Sandbox
import Store
import Threads
import Transfer

/// What `build` is asked for.
package struct BuildRequest: Sendable {
  package var guest: String
  /// Names of the config's architectures; empty for the host's, or the only one.
  package var architectures: [String]
  /// Absolute.
  package var output: String
  package var locked: Bool
  package var refresh: Bool
  package var offline: Bool
  /// A URL or an absolute path.
  package var mirror: String?
  package var goal: BuildGoal
  package var keep: Bool
  /// In place of the lock's date: `SOURCE_DATE_EPOCH`.
  package var sourceDate: Int64?
  /// For a build that shows on what it does not depend.
  package var surroundings = Surroundings()

  package init(
    guest: String, architectures: [String], output: String, locked: Bool = false, refresh: Bool = false,
    offline: Bool = false, mirror: String? = nil, goal: BuildGoal = .sealed, keep: Bool = false,
    sourceDate: Int64? = nil
  ) {
    self.guest = guest
    self.architectures = architectures
    self.output = output
    self.locked = locked
    self.refresh = refresh
    self.offline = offline
    self.mirror = mirror
    self.goal = goal
    self.keep = keep
    self.sourceDate = sourceDate
  }
}

/// What one architecture's build made.
package struct BuiltImage: Sendable, Codable {
  package var architecture: String
  package var image: String
  package var size: Int64
  /// Digest of the image's tree text.
  package var tree: Digest?
  /// Bytes, of the worker.
  package var peakMemory: Int64
  /// What a script in the tree answered, where it was asked: by the names of the questions.
  package var probes: [String: String]?
}

/// Builds images: knows the order of everything that happens outside the worker.
package struct ImageBuilder: Sendable {
  package var context: HostContext
  package var events: EventHandler
  /// The events so far with their times, for `build.json`.
  package var ledger: @Sendable () -> [EventRecord]
  package var cancellation: Cancellation
  let store: Store
  var downloader: Downloader
  let mirrorAnswers = MirrorAnswer.Memory([:])

  package init(
    context: HostContext, cancellation: Cancellation, events: @escaping EventHandler,
    ledger: @escaping @Sendable () -> [EventRecord]
  ) throws {
    self.context = context
    self.cancellation = cancellation
    self.events = events
    self.ledger = ledger
    do throws(SystemFailure) {
      self.store = try Store(directory: context.cacheDirectory)
    } catch {
      throw context.cacheRefusal(error)
    }
    self.downloader = Downloader(
      TransferSettings(certificates: TransferSettings.certificates(in: context.environment)))
  }

  package func build(_ request: BuildRequest) throws -> [BuiltImage] {
    try heeding(cancellation) { try images(request) }
  }

  private func images(_ request: BuildRequest) throws -> [BuiltImage] {
    let validation = Validation(of: request.guest)
    let configuration = try validation.buildableConfiguration()
    for diagnostic in validation.diagnostics { events(.warning(diagnostic.report)) }
    let architectures =
      request.architectures.isEmpty
      ? try configuration.defaultArchitectures()
      : try configuration.architectures(named: request.architectures)
    let builder = try reaching(configuration, offline: request.offline, mirror: request.mirror)
    let choice = try builder.chooseLock(configuration, architectures: architectures, request: request)
    return try builder.images(request, of: configuration, architectures, choice)
  }

  /// The images of these architectures, from a lock that covers them.
  func images(
    _ request: BuildRequest, of configuration: GuestConfiguration, _ architectures: [GuestArchitecture],
    _ choice: LockChoice
  ) throws -> [BuiltImage] {
    let ids = context.isRoot ? nil : try SubordinateIDs.ofCaller()
    let outputs = try Outputs(directory: request.output, architectures: architectures.map(\.name))
    events(.note("packages: \(choice.origin)"))
    var images: [BuiltImage] = []
    for architecture in architectures {
      let build = ArchitectureBuild(
        builder: self, request: request, configuration: configuration, architecture: architecture,
        lock: choice.lock, ids: ids, outputs: outputs)
      images.append(try build.run())
    }
    if request.goal == .sealed {
      try during(.manifest) {
        try outputs.publish(
          date: choice.lock.date, hostVersion: configuration.build.host.version ?? "1.0.0", events: events)
      }
    } else {
      try outputs.publishWithoutManifest(events: events)
    }
    return images
  }

  func during<Result>(_ stage: Stage, _ body: () throws -> Result) throws -> Result {
    events(.started(stage))
    let result = try body()
    events(.finished(stage, reused: false))
    return result
  }

  /// Resolves everything anew. `archives` are the Debian archives to ask.
  func resolve(
    _ configuration: GuestConfiguration, architectures: [GuestArchitecture], archives: [DebianArchive],
    relocking: Relocking = .everything
  ) throws -> Lockfile {
    try during(.resolve) {
      let debian = DebianResolution(
        context: context, store: store, downloader: downloader, cancellation: cancellation)
      let wheels = WheelResolution(
        context: context, store: store, downloader: downloader, cancellation: cancellation, events: events)
      let requests = InstallPlan(configuration).apt.map(\.name)
      let names = try architectures.map { try configuration.debianArchitecture(of: $0).rawValue }
      events(.activity(.resolve, "package indexes"))
      let releases = try debian.releases(
        archives, architectures: names, apt: configuration.build.apt, relocking: relocking)
      var locked: [LockedArchitecture] = []
      var library = ""
      for architecture in architectures {
        let name = try configuration.debianArchitecture(of: architecture)
        events(.activity(.resolve, "Debian packages"))
        let solution = try debian.solve(
          configuration, architecture: architecture, releases: releases, archives: archives,
          relocking: relocking)
        library = solution.library
        let (python, found) = try wheels.wheels(
          configuration, architecture: architecture, debian: name, solution: solution,
          relocking: relocking)
        locked.append(
          LockedArchitecture(
            name: architecture.name, debian: name.rawValue,
            indexes: releases.flatMap { $0.lockedIndexes(architecture: name.rawValue) },
            packages: LockedPackage.all(of: solution, requests: requests),
            configureSteps: solution.configureSteps.map {
              ConfigureStep(before: $0.before, packages: $0.packages)
            },
            python: python,
            wheels: found.sorted { ($0.environment, $0.name) < ($1.environment, $1.name) }))
      }
      let npm = try npmPackages(configuration, wheels, locked, relocking)
      let files = try FileResolution(
        store: store, downloader: downloader, cancellation: cancellation, events: events
      ).files(configuration)
      for index in locked.indices {
        locked[index].npm = npm[locked[index].name] ?? []
        locked[index].files = files
      }
      let identity = try ConfigurationIdentity(resolving: configuration)
      let lock = Lockfile(
        configuration: identity.digest, requests: identity.statements,
        date: releases.map(\.file.date).max() ?? 0, solver: library,
        releases: zip(releases, archives).map { $0.locked(imageURI: Mirrors.imageURI($1.uri)) },
        architectures: locked, imageLayout: ImageLayout.version)
      warnOfIdleSources(lock, configuration)
      return lock
    }
  }

  /// By the architecture's name.
  private func npmPackages(
    _ configuration: GuestConfiguration, _ wheels: WheelResolution, _ locked: [LockedArchitecture],
    _ relocking: Relocking
  ) throws -> [String: [LockedNpmPackage]] {
    guard !InstallPlan(configuration).npm.isEmpty,
      let node = locked.lazy.compactMap({ $0.wheels.first { $0.environment == "node" } }).first
    else { return [:] }
    let npm = NpmResolution(
      context: context, store: store, downloader: downloader, cancellation: cancellation, events: events)
    return try npm.packages(
      configuration, node: wheels.nodeForThisHost(like: node),
      platforms: Dictionary(
        uniqueKeysWithValues: locked.map {
          ($0.name, NpmPlatform(cpu: $0.debian == "arm64" ? "arm64" : "x64"))
        }),
      relocking: relocking)
  }
}
