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
import Ledger
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
  package var parts: Set<AssetPart>
  package var keep: Bool
  /// In place of the lock's date: `SOURCE_DATE_EPOCH`.
  package var sourceDate: Int64?
  /// For a build that shows on what it does not depend.
  package var surroundings = Surroundings()

  package init(
    guest: String, architectures: [String], output: String, locked: Bool = false, refresh: Bool = false,
    offline: Bool = false, mirror: String? = nil, goal: BuildGoal = .sealed,
    parts: Set<AssetPart> = [.rootfs], keep: Bool = false, sourceDate: Int64? = nil
  ) {
    self.parts = parts
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

/// What a build made.
package struct BuiltAssets: Sendable, Codable {
  /// Root images.
  package var images: [BuiltImage] = []
  /// Kernels and initrds.
  package var parts: [BuiltPart] = []
}

/// Builds images: knows the order of everything that happens outside the worker.
package struct ImageBuilder: Sendable {
  package var context: HostContext
  package var events: EventHandler
  /// The events so far with their times, for the ledger.
  package var ledger: @Sendable () -> [EventRecord]
  package var cancellation: Cancellation
  let store: Store
  /// What is in the cache stays there while this is used.
  private let use: StoreUse
  var downloader: Downloader
  let mirrorAnswers = MirrorAnswer.Memory([:])
  let privilege: PrivilegeChoice

  package init(
    context: HostContext, cancellation: Cancellation, events: @escaping EventHandler,
    ledger: @escaping @Sendable () -> [EventRecord]
  ) throws {
    self.context = context
    self.cancellation = cancellation
    self.events = events
    self.ledger = ledger
    privilege = PrivilegeChoice(context, cancellation: cancellation, events: events)
    do throws(SystemFailure) {
      self.store = try Store(directory: context.cacheDirectory)
      use = try store.use()
    } catch {
      throw context.cacheRefusal(error)
    }
    self.downloader = Downloader(
      TransferSettings(certificates: TransferSettings.certificates(in: context.environment)))
  }

  package func build(_ request: BuildRequest) throws -> BuiltAssets {
    try heeding(cancellation) { try assets(request) }
  }

  private func assets(_ request: BuildRequest) throws -> BuiltAssets {
    let validation = Validation(of: request.guest)
    let configuration = try validation.buildableConfiguration()
    for diagnostic in validation.diagnostics { events(.warning(diagnostic.report)) }
    let architectures =
      request.architectures.isEmpty
      ? try configuration.defaultArchitectures()
      : try configuration.architectures(named: request.architectures)
    let directory = GuestDirectory(configuration: configuration)
    for architecture in architectures {
      for part in AssetPart.allCases where request.parts.contains(part) {
        try directory.check(part, of: architecture)
      }
    }
    let builder = try reaching(configuration, offline: request.offline, mirror: request.mirror)
    let choice = try builder.chooseLock(configuration, architectures: architectures, request: request)
    return try builder.assets(request, of: configuration, architectures, choice)
  }

  /// The assets of these architectures, from a lock that covers them. All of them come to their places
  /// together.
  func assets(
    _ request: BuildRequest, of configuration: GuestConfiguration, _ architectures: [GuestArchitecture],
    _ choice: LockChoice
  ) throws -> BuiltAssets {
    let outputs = try Outputs(
      directory: request.output, architectures: architectures.map(\.name), store: store)
    events(.note("packages: \(choice.origin)"))
    var assets = BuiltAssets()
    for architecture in architectures {
      events(.turned(to: architecture.name))
      let target = BuildTarget(
        builder: self, request: request, configuration: configuration, architecture: architecture,
        lock: choice.lock)
      var record = BuildRecord(output: request.output, architecture: architecture.name)
      let before = record
      if request.parts.contains(.rootfs) {
        let build = ArchitectureBuild(target: target, outputs: outputs)
        let (image, made) = try build.run()
        assets.images.append(image)
        if var made {
          made.parts.merge(record?.parts ?? [:]) { new, _ in new }
          record = made
        }
      }
      let build = PartsBuild(target: target, outputs: outputs)
      assets.parts += try build.run(request.parts.subtracting([.rootfs]), record: &record)
      if request.goal == .sealed, let record, record != before {
        try outputs.write(record.text, architecture.name, Outputs.report)
      }
    }
    events(.turned(to: nil))
    let written = outputs.writtenArchitectures
    if request.goal == .sealed {
      try during(.manifest) {
        try outputs.publish(
          date: choice.lock.date, hostVersion: configuration.build.host.version ?? "1.0.0", events: events)
      }
    } else {
      try outputs.publishWithoutManifest(events: events)
    }
    for architecture in written {
      BuildLedger.keep(ledger(), output: request.output, architecture: architecture, events: events)
    }
    return assets
  }

  /// The digest of this program.
  var program: Digest {
    get throws {
      let path = context.executable
      let known = try store.hash(of: path) { try context.program.hex }
      return try Digest(hex: known) ?? context.program
    }
  }

  func during<Result>(_ stage: Stage, _ body: () throws -> Result) throws -> Result {
    events(.started(stage))
    let result = try body()
    events(.finished(stage, reused: false))
    return result
  }

  /// Resolves anew what `parts` are made of. `archives` are the Debian archives to ask. What is not `needed`
  /// may be lacking there.
  func resolve(
    _ configuration: GuestConfiguration, architectures: [GuestArchitecture], archives: [DebianArchive],
    parts: Set<AssetPart>, needed: Set<AssetPart>, relocking: Relocking = .everything
  ) throws -> Lockfile {
    try during(.resolve) {
      let debian = DebianResolution(
        context: context, store: store, downloader: downloader, cancellation: cancellation)
      let wheels = WheelResolution(
        context: context, store: store, downloader: downloader, cancellation: cancellation, events: events)
      let single = FileResolution(
        store: store, downloader: downloader, cancellation: cancellation, events: events)
      let directory = GuestDirectory(configuration: configuration)
      let targets = try architectures.map { try configuration.debianArchitecture(of: $0) }
      let compiles = architectures.contains {
        !directory.parts(of: $0).intersection(parts).subtracting([.rootfs]).isEmpty
      }
      let builders = compiles ? context.builders(with: targets) : []
      events(.activity(.resolve, "package indexes"))
      let releases = try debian.releases(
        archives, architectures: Set(targets + builders).map(\.rawValue).sorted(),
        apt: configuration.build.apt, relocking: relocking)
      let compiling = CompilingResolution(
        debian: debian, files: single, releases: releases, archives: archives, relocking: relocking,
        needed: needed, events: events)
      var locked: [LockedArchitecture] = []
      let compiled = try compiling.buildRoots(builders: builders, targets: targets)
      var library = compiled.library
      for (architecture, name) in zip(architectures, targets) {
        events(.activity(.resolve, "Debian packages"))
        var result = LockedArchitecture(
          name: architecture.name, debian: name.rawValue,
          indexes: releases.flatMap { $0.lockedIndexes(architecture: name.rawValue) }, packages: [],
          configureSteps: [], python: nil, wheels: [])
        (result.kernel, result.busybox) = try compiling.sources(
          of: architecture, in: configuration, for: parts.intersection(directory.parts(of: architecture)))
        if parts.contains(.rootfs) {
          let root = try RootRequest(image: architecture, of: configuration, relocking: relocking)
          let solution = try debian.solve(
            root, releases: releases, archives: archives, relocking: relocking)
          library = solution.library
          result.packages = LockedPackage.all(of: solution, requests: root.packages.map(\.name))
          result.configureSteps = ConfigureStep.all(of: solution)
          (result.python, result.wheels) = try wheels.wheels(
            configuration, architecture: architecture, debian: name, solution: solution,
            relocking: relocking)
          result.wheels.sort { ($0.environment, $0.name) < ($1.environment, $1.name) }
        }
        locked.append(result)
      }
      if parts.contains(.rootfs) {
        let npm = try npmPackages(configuration, wheels, locked, relocking)
        let files = try single.files(configuration)
        for index in locked.indices {
          locked[index].npm = npm[locked[index].name] ?? []
          locked[index].files = files
        }
      }
      let identity = try ConfigurationIdentity(resolving: configuration)
      let lock = Lockfile(
        configuration: identity.digest, requests: identity.statements,
        date: releases.map(\.file.date).max() ?? 0, solver: library,
        releases: zip(releases, archives).map { $0.locked(imageURI: Mirrors.imageURI($1.uri)) },
        architectures: locked, buildRoots: compiled.roots, imageLayout: ImageLayout.version)
      if parts.contains(.rootfs) { warnOfIdleSources(lock, configuration) }
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
