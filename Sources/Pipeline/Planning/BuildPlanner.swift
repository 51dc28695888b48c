import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Linting
import Store

/// Plans a build: needs no network and no privilege, and changes nothing.
package struct BuildPlanner: Sendable {
  var context: HostContext

  package init(context: HostContext) { self.context = context }

  /// Of the architectures asked for, or all of the config.
  package func plan(_ request: BuildRequest) throws -> BuildPlan {
    let validation = Validation(of: request.guest)
    let configuration = try validation.buildableConfiguration()
    let architectures =
      request.architectures.isEmpty
      ? configuration.build.architectures : try configuration.architectures(named: request.architectures)
    return BuildPlan(
      compression: configuration.build.compression,
      compressionLevel: configuration.build.compressionLevel,
      architectures: try architectures.map { architecture in
        try plan(BuildOutlook(configuration, architecture, of: request, context: context))
      })
  }

  private func plan(_ outlook: BuildOutlook) throws -> ArchitecturePlan {
    let (configuration, architecture) = (outlook.configuration, outlook.architecture)
    var plan = ArchitecturePlan(
      name: architecture.name, platform: architecture.dockerPlatform, rustTarget: architecture.rustTarget,
      suite: try configuration.debianSuite())
    plan.origin = outlook.search.choice?.origin
    plan.stages = try outlook.stages
    plan.sources = try ArchitecturePlan.Amount(outlook.objects)
    plan.download = try ArchitecturePlan.Amount(
      outlook.objects.filter { !outlook.store.holds($0.sha256, size: $0.size) })
    plan.obstacles = outlook.obstacles
    guard outlook.parts.contains(.rootfs) else { return plan }
    plan.requests = InstallPlan(configuration).requests
    plan.files = outlook.files.map(ArchitecturePlan.File.init)
    guard let locked = outlook.locked else {
      (plan.sources, plan.download) = (nil, nil)
      plan.unknown = outlook.unknown
      return plan
    }
    let reasons = PackageReasons(configuration, packages: locked.packages)
    plan.packages = locked.packages.map {
      ArchitecturePlan.Package(locked: $0, reason: reasons.reason(for: $0))
    }
    plan.configuring = locked.configuring
    plan.wheels = locked.wheels
    plan.npm = locked.npm
    plan.fetched = locked.files
    plan.room = try outlook.room(downloading: plan.download?.bytes ?? 0)
    return plan
  }
}

extension BuildOutlook {
  fileprivate var unknown: [String] {
    let guest = configuration.directory
    let plan = InstallPlan(configuration)
    var missing = ["versions and sizes of \(plan.apt.count) Debian packages and of what they need"]
    if !plan.python.isEmpty {
      missing.append("wheels of \(plan.python.count) Python packages and of what they need")
    }
    if !plan.npm.isEmpty {
      missing.append("tarballs of \(plan.npm.count) npm packages and of what they need")
    }
    missing.append("bytes to download, and the size of the image")
    return missing.map { "\($0): `capsem-native lock \(guest)` finds out" }
  }

  /// Everything that comes from outside.
  fileprivate var objects: [LockedObject] {
    get throws {
      guard let locked, let choice = search.choice else { return [] }
      let own = try objects(of: parts)
      if !parts.contains(.rootfs) { return own }
      let base = try base
      return choice.lock.objects(of: locked) { $0.imageURI != nil }
        .filter { base?.needs($0.sha256, of: locked) ?? true } + own
    }
  }

  /// In the order of the build.
  fileprivate var stages: [PlannedStage] {
    get throws {
      var stages: [PlannedStage] = []
      let objects = try objects
      let missing = objects.count { !store.holds($0.sha256, size: $0.size) }
      if let choice = search.choice {
        stages.append(PlannedStage(name: Stage.resolve.rawValue, isReused: true, reason: choice.origin))
        stages.append(
          PlannedStage(
            name: Stage.fetch.rawValue, isReused: missing == 0,
            reason: missing == 0
              ? "all \(objects.count) files are in the cache"
              : "\(missing) of \(objects.count) files are not in the cache"))
      } else {
        stages.append(
          PlannedStage(
            name: Stage.resolve.rawValue, isReused: false,
            reason: search.stale.map(\.summary) ?? "there is no lock, and no earlier resolution"))
        stages.append(
          PlannedStage(name: Stage.fetch.rawValue, isReused: false, reason: "follows from resolve"))
      }
      if parts.contains(.rootfs) { stages += try rootfsStages }
      return try stages + plannedStages(of: parts)
    }
  }

  private var rootfsStages: [PlannedStage] {
    get throws {
      let changes = try rootfsChanges
      let names = (inputs?.stages ?? []).map(\.name)
        .filter { $0 != Stage.compress.rawValue || configuration.build.image.compress != nil }
      let isKnown = search.choice != nil
      if isKnown && changes?.isEmpty == true {
        return names.map {
          PlannedStage(name: $0, isReused: true, reason: "nothing has changed since the last build")
        }
      }
      let base = try base
      return names.map { name in
        let own = changes?.first { $0.stage == name }?.changes ?? []
        if let stage = Stage(rawValue: name), base?.reused.contains(stage) == true {
          return PlannedStage(name: name, isReused: true, reason: "its result is in the cache", changes: own)
        }
        return PlannedStage(
          name: name, isReused: false, reason: reason(name, own, changes, base), changes: own)
      }
    }
  }

  /// Why a stage of the root image runs.
  private func reason(
    _ name: String, _ own: [InputChange], _ changes: [(stage: String, changes: [InputChange])]?,
    _ base: LayerBase?
  ) -> String {
    if name == Stage.install.rawValue {
      switch base {
      case .sealed: return own.isEmpty ? "the guest's own files" : "changed: the guest's own files"
      case .lacking(let wheels): return "changed: \(wheels.count) wheels are added to the last build's tree"
      case .configured, nil: break
      }
    }
    guard let changes else {
      return record?.parts[.rootfs] == nil
        ? "not built yet" : "the assets of the last build are gone or changed"
    }
    guard let first = changes.first?.stage else { return "packages are not known before resolving" }
    if own.isEmpty { return "follows from \(first)" }
    return first == name ? "changed" : "changed, as was \(first)"
  }

  /// A wheel or a tarball holds about a third of what it unpacks to; a package's estimate is its packager's.
  private static let wheelGrowth: Int64 = 3

  fileprivate func room(downloading bytes: Int64) throws -> ArchitecturePlan.Room? {
    guard let locked else { return nil }
    let isCurrent = try rootfsChanges?.isEmpty == true
    let estimate =
      locked.packages.reduce(0) { $0 + $1.installedSize }
      + (locked.wheels.map(\.size) + locked.npm.map(\.size) + locked.files.map(\.size)).reduce(0, +)
      * BuildOutlook.wheelGrowth
      + files.reduce(0) { $0 + $1.size }
    let image = isCurrent ? record?.size ?? estimate : estimate
    let copy = configuration.build.image.compress == nil ? 0 : image / BuildOutlook.wheelGrowth
    return ArchitecturePlan.Room(
      image: image, isExact: isCurrent, cache: bytes, workspace: isCurrent ? 0 : estimate,
      output: isCurrent ? 0 : image + copy)
  }
}

extension InstallPlan {
  fileprivate var requests: [ArchitecturePlan.Request] {
    typealias Request = ArchitecturePlan.Request
    return apt.map { Request(manager: .apt, text: $0.text, position: $0.position) }
      + python.map { Request(manager: .pip, text: $0.requirement, position: $0.position) }
      + npm.map { Request(manager: .npm, text: $0.text, position: $0.position) }
      + fetched.flatMap { program in
        program.files.map { Request(manager: .curl, text: $0.url.value, position: $0.url.position) }
      }
      + providers.filter { $0.manager == .uv || $0.manager == .pip }.flatMap { program in
        program.packages.map { Request(manager: program.manager, text: $0.value, position: $0.position) }
      }
  }
}

extension LockedArchitecture {
  /// First the essential packages, in one run; then what libapt-pkg configures between unpacking; then the
  /// rest, which dpkg orders.
  fileprivate var configuring: [String] {
    let unpacked = packages.sorted { $0.order < $1.order }
    let essential = unpacked.filter(\.essential)
    func place(_ step: ConfigureStep) -> String {
      let next = unpacked.first { $0.order >= step.before }
      return next.map { "before \($0.name) is unpacked" } ?? "when all is unpacked"
    }
    let names = essential.map(\.name).joined(separator: " ")
    return ["dpkg --configure \(names): all of the essential packages"]
      + configureSteps.map { "dpkg --configure \($0.packages.joined(separator: " ")): \(place($0))" }
      + ["dpkg --configure --pending"]
  }
}

extension ArchitecturePlan.Amount {
  fileprivate init(_ objects: [LockedObject]) {
    self.init(files: objects.count, bytes: objects.reduce(0) { $0 + $1.size })
  }
}

extension ArchitecturePlan.File {
  fileprivate init(_ planned: BuildOutlook.PlannedGuestFile) {
    switch planned.file.content {
    case .object(let digest):
      self.init(
        path: planned.file.path, mode: planned.file.mode, source: planned.source ?? "", size: planned.size,
        sha256: digest)
    case .link(let target):
      self.init(path: planned.file.path, mode: planned.file.mode, source: "-> \(target)", size: 0)
    }
  }
}
