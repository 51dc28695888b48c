import Diagnosis
import FileTree
import Glibc
import HostTools
import Sandbox
import Synchronization
import Threads

/// How workers come to own an image's files: a tier, and what it takes.
struct Privilege: Sendable, Equatable {
  let tier: Tier
  /// Of the tier of sub-ids.
  private let ids: SubordinateIDs?

  /// What the tier takes must be there; whether it works is another question: `MicroBuild`.
  init(_ tier: Tier) throws {
    self.init(tier: tier, ids: tier == .subuid ? try SubordinateIDs.ofCaller() : nil)
  }

  private init(tier: Tier, ids: SubordinateIDs?) {
    self.tier = tier
    self.ids = ids
  }

  /// Root, too, needs a namespace to register an emulator in: the initial one's formats are the host's.
  func `for`(_ execution: Execution) -> Privilege {
    Privilege(tier: execution.tier(tier), ids: ids)
  }

  /// Maps the ids of a worker's namespace.
  func mapWorker(_ process: pid_t) throws {
    switch tier {
    case .root: break
    case .namespacedRoot: try SubordinateIDs.mapIdentically(process)
    case .subuid: try ids?.mapWorker(process)
    case .oneID: try SingleID.map(process)
    }
  }

  /// Gives a directory of the caller's to root of the workers' namespaces.
  func handOver(_ directory: CInt, executable: String) throws {
    guard let ids else { return }
    try WorkerProcess.handOver(directory: directory, executable: executable, mapIDs: ids.mapHandOver)
  }

  /// Of who can change what is in a workspace's `stage`: it belongs to root of the worker's namespace.
  static func owning(_ stage: CInt) throws -> Privilege {
    if geteuid() == 0 { return try Privilege(.root) }
    var status = stat()
    try system("examine", "a workspace") { fstat(stage, &status) }
    return try Privilege(status.st_uid == geteuid() ? .oneID : .subuid)
  }
}

/// The privilege of one command's workers, which is found out when the first one is needed: the tiers are
/// tried, from the one that costs least, until one can build.
final class PrivilegeChoice: Sendable {
  /// When a person wants this one and no other.
  private let wanted: Tier?
  private let context: HostContext
  private let cancellation: Cancellation
  private let events: EventHandler
  /// Where it is tried; nil for the cache.
  private let directory: String?
  private let chosen = Mutex<Privilege?>(nil)

  init(
    _ context: HostContext, cancellation: Cancellation, in directory: String? = nil,
    events: @escaping EventHandler
  ) {
    self.directory = directory
    self.wanted = context.tier
    self.context = context
    self.cancellation = cancellation
    self.events = events
  }

  /// Nil as long as no worker was needed.
  var used: Tier? { chosen.withLock { $0?.tier } }

  private var candidates: [Tier] {
    if let wanted { return [wanted] }
    return context.isRoot ? [.root] : [.subuid, .oneID]
  }

  /// Throws why no tier can build.
  func privilege() throws -> Privilege {
    try chosen.withLock { chosen in
      if let chosen { return chosen }
      var refusals: [Report] = []
      for tier in candidates {
        do {
          let privilege = try Privilege(tier)
          try MicroBuild(
            privilege: privilege, context: context, cancellation: cancellation, directory: directory
          ).run()
          if let refusal = refusals.first {
            events(.note("owners are recorded, for this host grants no other ids: \(refusal.summary)"))
          }
          chosen = privilege
          return privilege
        } catch {
          if cancellation.isCancelled || error is Interrupted { throw Interrupted() }
          refusals.append(Report(of: error))
        }
      }
      throw PrivilegeChoice.report(refusals)
    }
  }

  private static func report(_ refusals: [Report]) -> Report {
    if refusals.count == 1 { return refusals[0] }
    return Report(
      "cannot build: this host lets no worker do its work",
      causes: refusals.flatMap { [$0.summary] + $0.causes }, hints: refusals.flatMap(\.hints))
  }
}
