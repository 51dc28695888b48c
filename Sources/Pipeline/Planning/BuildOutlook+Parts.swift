import BuildModel
import FileTree
import GuestConfig
import Store

/// The parts that are compiled: kernel and initrd.
extension BuildOutlook {
  func state(of part: AssetPart) throws -> GuestStatus.PartState {
    guard GuestDirectory(configuration: configuration).parts(of: architecture).contains(part) else {
      return .absent
    }
    guard let before = record?.parts[part] else { return .notBuilt }
    guard published.areThere([part.file], of: architecture.name) else { return .lost }
    let lock = try self.lock(for: part)
    let now = try inputs(of: part, lock)
    let changes =
      lock == nil ? now.configured.changes(since: before.configured) : now.changes(since: before)
    return changes.isEmpty ? .current : .changed(changes)
  }

  /// Each as the one stage that it is.
  func plannedStages(of parts: Set<AssetPart>) throws -> [PlannedStage] {
    try compiled(parts).map { part in
      let isReused: Bool
      let reason: String
      var changes: [InputChange] = []
      switch try state(of: part) {
      case .current: (isReused, reason) = (true, "nothing has changed since the last build")
      case .changed(let stages):
        changes = stages.flatMap(\.changes)
        (isReused, reason) = (false, "changed")
      case .lost: (isReused, reason) = (false, "the assets of the last build are gone or changed")
      case .notBuilt, .unknown, .absent: (isReused, reason) = (false, "not built yet")
      }
      let isCompiled = try !isReused && isCompiled(part)
      return PlannedStage(
        name: part.rawValue, isReused: isReused,
        reason: isCompiled ? "\(reason); it is in the cache, compiled" : reason, changes: changes)
    }
  }

  /// What they are made of: no compiler where nothing is compiled anew.
  func objects(of parts: Set<AssetPart>) throws -> [LockedObject] {
    var objects: [LockedObject] = []
    var compiles = false
    for part in compiled(parts) {
      guard let locked, case .some(let lock) = search.choice?.lock else { continue }
      if case .current = try state(of: part) { continue }
      if part == .initrd, let busybox = locked.busybox { objects.append(LockedObject(busybox)) }
      if try isCompiled(part) { continue }
      if part == .kernel, let kernel = locked.kernel { objects.append(LockedObject(kernel.source)) }
      if !compiles { objects += root(in: lock)?.packages.map(LockedObject.init) ?? [] }
      compiles = true
    }
    return objects
  }

  private func compiled(_ parts: Set<AssetPart>) -> [AssetPart] {
    AssetPart.allCases.filter { $0 != .rootfs && parts.contains($0) }
  }

  private func root(in lock: Lockfile) -> LockedBuildRoot? {
    lock.buildRoots.first { $0.builder == context.debianArchitecture.rawValue }
  }

  /// A lock is only asked for what it covers.
  private func lock(for part: AssetPart) throws -> Lockfile? {
    try LockSearch(
      configuration, covering: [architecture], parts: [part], mirror: nil, refresh: false, context: context,
      store: store
    ).choice?.lock
  }

  private func inputs(of part: AssetPart, _ lock: Lockfile?) throws -> PartInputs {
    try PartInputs.compiled(
      part, architecture, of: configuration, lock: lock, builder: context.debianArchitecture,
      sourceDate: sourceDate)
  }

  private func isCompiled(_ part: AssetPart) throws -> Bool {
    guard let lock = try lock(for: part), let root = root(in: lock) else { return false }
    let identity =
      part == .kernel
      ? try inputs(of: part, lock).identities.last
      : PartInputs.identity(of: try .runAgent(for: architecture, of: configuration), in: root)
    return try identity.flatMap { try CompiledParts.object(part, $0, in: store) } != nil
  }
}
