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

/// What is known of the packages of a config without asking anybody.
struct LockSearch {
  /// `GUEST/capsem.lock` if it fits the config, else the resolution that the cache holds.
  var choice: LockChoice?
  /// Why the lock beside the config was passed over.
  var stale: Report?
  /// Why the image will not have the bytes that the lock beside the config stands for.
  var otherLayout: String?
  /// Why there are no archives to ask.
  var refusal: Report?
  /// Under which name the cache holds a resolution.
  private(set) var record: String?
  /// Where to resolve, unless `refusal` says why not.
  private(set) var archives: [DebianArchive] = []

  /// `names` are the architectures that have to be covered.
  init(
    _ configuration: GuestConfiguration, covering names: [String], mirror: String?, refresh: Bool,
    context: HostContext, store: Store
  ) throws {
    let identity = try ConfigurationIdentity(resolving: configuration)
    let path = "\(configuration.directory)/capsem.lock"
    if !refresh, let text = Outputs.text(of: path) {
      let lock = try Lockfile(parsing: text, file: path)
      let covered = Set(lock.architectures.map(\.name)).isSuperset(of: names)
      if lock.configuration == identity.digest && covered {
        choice = LockChoice(lock: lock, origin: "locked by \(path)")
        otherLayout = LockSearch.otherLayout(of: lock)
        return
      }
      stale = Report(
        "cannot use \(path): it was made for another configuration",
        causes: LockSearch.uncovered(by: lock, identity),
        hints: ["run `capsem-native lock \(configuration.directory)` and review what changes"])
    }
    do {
      archives = try Mirrors(requested: mirror, context: context)
        .archives(of: configuration, suite: configuration.debianSuite())
    } catch {
      refusal = Report(of: error)
      return
    }
    let key = Digest(
      of: ([identity.digest.hex] + names + archives.map { "\($0.uri) \($0.suite) \($0.components)" })
        .joined(separator: "\n")
    ).hex
    record = key
    if !refresh, let text = try store.record("resolutions", key),
      var lock = try? Lockfile(parsing: text, file: "the cached resolution")
    {
      // It promises no bytes to anybody.
      lock.imageLayout = ImageLayout.version
      let age = LockSearch.age(since: lock.date, now: context.now)
      choice = LockChoice(
        lock: lock, origin: "resolved earlier, with package lists \(age) old; --refresh resolves anew")
    }
  }

  /// What the config asks for and the lock does not cover, with its place; and what the lock covers in vain.
  private static func uncovered(
    by lock: Lockfile, _ identity: ConfigurationIdentity
  ) -> [String] {
    let changes = InputChange.between(lock.requests, identity.statements)
    return changes.map { change in
      if case .added(let statement) = change, let position = identity.positions[statement] {
        return "\(change.line) at \(position)"
      }
      return change.line
    }
  }

  /// A lock's packages are good for any layout, its promise of equal bytes is not.
  private static func otherLayout(of lock: Lockfile) -> String? {
    let version = ImageLayout.version
    if lock.imageLayout == version { return nil }
    return lock.imageLayout.map { "it is for image layout \($0), and this version writes layout \(version)" }
      ?? "it names no image layout, and this version writes layout \(version)"
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
  /// What is known without asking; else a new resolution.
  func chooseLock(
    _ configuration: GuestConfiguration, architectures: [GuestArchitecture], request: BuildRequest
  ) throws -> LockChoice {
    let path = "\(configuration.directory)/capsem.lock"
    let search = try LockSearch(
      configuration, covering: architectures.map(\.name), mirror: request.mirror, refresh: request.refresh,
      context: context, store: store)
    let hint =
      "run `capsem-native lock \(configuration.directory)` and review what changes, or build with the version "
      + "that wrote it"
    if request.locked {
      if let stale = search.stale { throw stale }
      guard let choice = search.choice, Outputs.text(of: path) != nil else {
        throw Report(
          "cannot build with --locked: there is no \(path)",
          hints: ["run `capsem-native lock \(configuration.directory)` first, and commit what it writes"])
      }
      if let reason = search.otherLayout {
        throw Report("cannot build with --locked from \(path): \(reason)", hints: [hint])
      }
      return choice
    }
    if let reason = search.otherLayout {
      events(
        .warning(
          Report("the image will not have the bytes that \(path) stands for: \(reason)", hints: [hint])))
    }
    if let stale = search.stale {
      events(
        .warning(
          Report(
            "\(path) was made for another configuration, so packages are resolved anew", hints: stale.hints)))
    }
    if let choice = search.choice { return choice }
    if let refusal = search.refusal { throw refusal }
    if request.offline {
      throw Report(
        "cannot resolve packages offline: no lock, and no earlier resolution of this configuration",
        hints: ["run `capsem-native lock \(configuration.directory)` while there is a network"])
    }
    let lock = try resolve(
      configuration, architectures: architectures, archives: search.archives)
    if let record = search.record { try store.setRecord("resolutions", record, to: Array(lock.text.utf8)) }
    return LockChoice(lock: lock, origin: "resolved now; `capsem-native lock` keeps it")
  }
}
