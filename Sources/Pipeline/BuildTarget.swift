import BuildModel
import GuestConfig
import Sandbox

/// One architecture of one guest as it is built now: what was asked for, the lock that says of what, and who
/// builds.
struct BuildTarget {
  var builder: ImageBuilder
  var request: BuildRequest
  var configuration: GuestConfiguration
  var architecture: GuestArchitecture
  var lock: Lockfile

  /// The config's.
  var name: String { architecture.name }
  var context: HostContext { builder.context }

  /// This architecture's part of the lock; nil when it is not covered.
  var locked: LockedArchitecture? { lock.architectures.first { $0.name == name } }

  /// Seconds since 1970.
  var date: Int64 { request.sourceDate ?? lock.date }

  /// Where the lock's files come from.
  var sources: ObjectSources {
    ObjectSources(
      builder: builder, configuration: configuration, lock: lock, mirror: request.mirror,
      offline: request.offline)
  }

  /// `log` is the name of the log of what runs inside.
  func run(_ execution: Execution = .native, log: String) -> PooledRun {
    PooledRun(builder: builder, request: request, lock: lock, execution: execution, name: log)
  }
}
