import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Imaging
import Locking
import Store

/// Which lockfile a build works from.
struct LockChoice {
  var lock: Lockfile
  /// Words for the user: where it came from.
  var origin: String
}

extension ImageBuilder {
  /// `GUEST/capsem.lock`, if it fits the config; else the resolution that the cache holds for the same
  /// config and archives; else a new one.
  func chooseLock(
    _ configuration: GuestConfiguration, architectures: [GuestArchitecture], request: BuildRequest
  ) throws -> LockChoice {
    let identity = try ConfigurationIdentity(resolving: configuration).digest
    let path = "\(configuration.directory)/capsem.lock"
    if let text = Outputs.text(of: path), !request.refresh {
      let lock = try Lockfile(parsing: text, file: path)
      let covered = Set(lock.architectures.map(\.name)).isSuperset(of: architectures.map(\.name))
      if lock.configuration == identity && covered {
        try checkLayout(of: lock, path, configuration, request)
        return LockChoice(lock: lock, origin: "locked by \(path)")
      }
      let stale = Report(
        "cannot use \(path): it was made for another configuration",
        hints: ["run `capsem-native lock \(configuration.directory)` and review what changes"])
      if request.locked { throw stale }
      events(
        .warning(
          Report(
            "\(path) was made for another configuration, so packages are resolved anew", hints: stale.hints)))
    } else if request.locked {
      throw Report(
        "cannot build with --locked: there is no \(path)",
        hints: ["run `capsem-native lock \(configuration.directory)` first, and commit what it writes"])
    }
    return try cachedResolution(configuration, identity, architectures, request)
  }

  /// Its packages are good for any layout, its promise of equal bytes is not.
  private func checkLayout(
    of lock: Lockfile, _ path: String, _ configuration: GuestConfiguration, _ request: BuildRequest
  ) throws {
    let version = ImageLayout.version
    if lock.imageLayout == version { return }
    let reason =
      lock.imageLayout.map { "it is for image layout \($0), and this version writes layout \(version)" }
      ?? "it names no image layout, and this version writes layout \(version)"
    let hint =
      "run `capsem-native lock \(configuration.directory)` and review what changes, or build with the version "
      + "that wrote it"
    if request.locked { throw Report("cannot build with --locked from \(path): \(reason)", hints: [hint]) }
    events(
      .warning(
        Report("the image will not have the bytes that \(path) stands for: \(reason)", hints: [hint])))
  }

  private func cachedResolution(
    _ configuration: GuestConfiguration, _ identity: Digest, _ architectures: [GuestArchitecture],
    _ request: BuildRequest
  ) throws -> LockChoice {
    let mirrors = Mirrors(requested: request.mirror, context: context)
    let suite = try configuration.debianSuite()
    let archives = try mirrors.archives(of: configuration, suite: suite)
    let key = Digest(
      of: ([identity.hex] + architectures.map(\.name)
        + archives.map { "\($0.uri) \($0.suite) \($0.components)" })
        .joined(separator: "\n"))
    if !request.refresh, let record = try store.record("resolutions", key.hex),
      let lock = try? Lockfile(parsing: record, file: "the cached resolution")
    {
      return LockChoice(
        lock: lock,
        origin:
          "resolved earlier, with package lists \(ImageBuilder.age(since: lock.date, now: context.now)) old; --refresh resolves anew"
      )
    }
    if request.offline {
      throw Report(
        "cannot resolve packages offline: no lock, and no earlier resolution of this configuration",
        hints: ["run `capsem-native lock \(configuration.directory)` while there is a network"])
    }
    let lock = try resolve(configuration, architectures: architectures, archives: archives)
    try store.setRecord("resolutions", key.hex, to: Array(lock.text.utf8))
    return LockChoice(lock: lock, origin: "resolved now; `capsem-native lock` keeps it")
  }

  static func age(since date: Int64, now: Int64) -> String {
    let seconds = max(0, now - date)
    switch seconds {
    case ..<7200: return "\(seconds / 60) minutes"
    case ..<172_800: return "\(seconds / 3600) hours"
    default: return "\(seconds / 86_400) days"
    }
  }
}

extension ImageBuilder {
  /// Resolves everything for all architectures and writes `GUEST/capsem.lock`; returns its path.
  package func lock(guest: String, mirror: String?) throws -> String {
    try heeding(cancellation) { try writeLock(guest: guest, mirror: mirror) }
  }

  private func writeLock(guest: String, mirror: String?) throws -> String {
    let configuration = try GuestConfiguration(loading: guest)
    let archives = try Mirrors(requested: mirror, context: context)
      .archives(of: configuration, suite: configuration.debianSuite())
    let lock = try resolve(
      configuration, architectures: configuration.build.architectures, archives: archives)
    let path = "\(configuration.directory)/capsem.lock"
    try Outputs.write(lock.text, to: path)
    return path
  }
}
