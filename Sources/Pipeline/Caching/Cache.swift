import Diagnosis
import FileTree
import Glibc
import Layers
import Sandbox
import Store
import Threads

/// The cache as a whole: what is in it, what can go, and whether it is what it says.
package struct Cache: Sendable {
  var context: HostContext
  var cancellation: Cancellation
  private let store: Store

  /// What `clean` leaves unless it is told another size.
  package static let defaultLimit: Int64 = 20 << 30
  /// What layers may take after a build, the newest of them.
  static let layerLimit: Int64 = 10 << 30

  package init(context: HostContext, cancellation: Cancellation) throws {
    self.context = context
    self.cancellation = cancellation
    do throws(SystemFailure) { store = try Store(directory: context.cacheDirectory) } catch {
      throw context.cacheRefusal(error)
    }
  }

  package var directory: String { store.directory }

  /// The longest unused first.
  package func contents() throws -> [CacheItem] { try store.contents() }

  /// Workspaces of builds that have ended, by path: kept ones, too.
  package func workspaces() throws -> [String] {
    try Workspace.abandoned(in: "\(store.directory)/work")
  }

  // MARK: Cleaning

  package struct Policy: Sendable {
    /// Every layer and everything compiled.
    package var dropsResults = false
    /// Everything.
    package var dropsAll = false
    /// Bytes that may stay.
    package var limit: Int64

    package init(dropsResults: Bool = false, dropsAll: Bool = false, limit: Int64 = Cache.defaultLimit) {
      self.dropsResults = dropsResults
      self.dropsAll = dropsAll
      self.limit = limit
    }
  }

  package struct Cleaning: Sendable, Equatable {
    package var removed: [CacheItem] = []
    package var workspaces = 0
    /// Things that were to go and are in use.
    package var inUse = 0
    /// Bytes that are left.
    package var left: Int64 = 0
  }

  /// Removes workspaces of builds that have ended, downloads that came to nothing, what the policy says, and
  /// then the longest unused until the rest is within the limit. While a build is at work, what it
  /// may count on stays.
  package func clean(_ policy: Policy) throws -> Cleaning {
    var cleaning = Cleaning()
    cleaning.workspaces = try removeWorkspaces()
    let alone = try store.useAlone()
    defer { withExtendedLifetime(alone) {} }
    let items = try store.contents()
    var total = items.reduce(0) { $0 + $1.bytes }
    func drop(_ item: CacheItem) throws {
      if cancellation.isCancelled { throw Interrupted() }
      // A layer has a lock of its own; the rest belongs to all builds that are at work.
      guard item.kind == .layer || alone != nil, try store.remove(item) else {
        cleaning.inUse += 1
        return
      }
      cleaning.removed.append(item)
      total -= item.bytes
    }
    func isDropped(_ item: CacheItem) -> Bool {
      policy.dropsAll || item.kind == .partial
        || policy.dropsResults && (item.kind == .layer || item.kind == .compiled)
    }
    for item in items where isDropped(item) { try drop(item) }
    for item in items where !isDropped(item) && total > policy.limit { try drop(item) }
    if policy.dropsResults || policy.dropsAll { try store.removeRecords(["families", "versions"]) }
    if policy.dropsAll && alone != nil {
      try store.removeRecords(["hashes", "resolutions", "npm", "acceleration"])
      for name in ["tools", "uv", "logs", "scratch"] { try removeTree(name) }
    }
    cleaning.left = total
    return cleaning
  }

  private func removeWorkspaces() throws -> Int {
    let parent = "\(store.directory)/work"
    let before = try Workspace.abandoned(in: parent).count
    try Workspace.removeStale(in: parent, executable: context.executable, alsoKept: true)
    return try before - Workspace.abandoned(in: parent).count
  }

  private func removeTree(_ name: String) throws {
    guard access("\(store.directory)/\(name)", F_OK) == 0 else { return }
    let root = try Descriptor(opening: store.directory, O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: root.raw)
    try writer.removeTree(TreePath(stringLiteral: name))
  }

  // MARK: Verifying

  /// Something that is not what it says; it was removed.
  package struct Damage: Sendable, Equatable {
    package var item: CacheItem
    package var reason: String
  }

  /// Reads everything. `advanced` is told the bytes done so far and all of them.
  package func verify(advanced: (Int64, Int64) -> Void = { _, _ in }) throws -> [Damage] {
    let use = try store.use()
    defer { withExtendedLifetime(use) {} }
    let items = try store.contents().filter { $0.kind != .partial }
    let total = items.reduce(0) { $0 + $1.bytes }
    var done: Int64 = 0
    var damages: [Damage] = []
    for item in items {
      if cancellation.isCancelled { throw Interrupted() }
      if let digest = Digest(hex: item.name), let reason = try damage(of: item, digest) {
        damages.append(Damage(item: item, reason: reason))
      }
      done += item.bytes
      advanced(done, total)
    }
    return damages
  }

  /// Nil for what is right.
  private func damage(of item: CacheItem, _ digest: Digest) throws -> String? {
    guard item.kind == .layer else {
      return try store.open(digest, verifying: true) == nil ? "its content has another digest" : nil
    }
    guard let reason = try damage(ofLayer: digest) else { return nil }
    try store.removeLayer(digest)
    return reason
  }

  private func damage(ofLayer identity: Digest) throws -> String? {
    guard case .some(let kept) = try store.layer(identity, isUse: false) else { return nil }
    do {
      let layer = try Layer(bytes: readAll(kept.index.raw, named: "a layer's index"))
      if let path = try Pack.firstDamage(of: layer, in: kept.pack.raw, threads: context.processors) {
        return "\(path) in its pack is not what it was"
      }
    } catch let error as LayerError {
      return error.summary
    }
    if !kept.isTrusted { try store.trustLayer(identity) }
    return nil
  }
}
