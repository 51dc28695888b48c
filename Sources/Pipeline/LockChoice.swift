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

  /// `architectures` have to be covered, as far as `parts` need it.
  init(
    _ configuration: GuestConfiguration, covering architectures: [GuestArchitecture],
    parts: Set<AssetPart>, mirror: String?, refresh: Bool, context: HostContext, store: Store
  ) throws {
    let names = architectures.map(\.name)
    let identity = try ConfigurationIdentity(resolving: configuration)
    let path = "\(configuration.directory)/capsem.lock"
    if !refresh, let text = Outputs.text(of: path) {
      let lock = try Lockfile(parsing: text, file: path)
      let uncovered = lock.uncovered(
        architectures, parts, of: configuration, builder: context.debianArchitecture)
      if lock.configuration == identity.digest && uncovered.isEmpty {
        choice = LockChoice(lock: lock, origin: "locked by \(path)")
        otherLayout = LockSearch.otherLayout(of: lock)
        return
      }
      stale = Report(
        "cannot use \(path): it was made for another configuration",
        causes: LockSearch.uncovered(by: lock, identity) + uncovered,
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
      of: ([identity.digest.hex] + names + parts.resolvedTogether.map(\.rawValue).sorted()
        + archives.map { "\($0.uri) \($0.suite) \($0.components)" })
        .joined(separator: "\n")
    ).hex
    record = key
    if !refresh, let text = try store.record("resolutions", key),
      var lock = try? Lockfile(parsing: text, file: "the cached resolution"),
      lock.uncovered(architectures, parts, of: configuration, builder: context.debianArchitecture).isEmpty
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

extension Lockfile {
  /// What a build of these parts needs of these architectures and the lock does not name.
  fileprivate func uncovered(
    _ architectures: [GuestArchitecture], _ parts: Set<AssetPart>, of configuration: GuestConfiguration,
    builder: DebianArchitecture
  ) -> [String] {
    let directory = GuestDirectory(configuration: configuration)
    var missing: [String] = []
    var compiles = false
    for architecture in architectures {
      let parts = parts.intersection(directory.parts(of: architecture))
      guard let locked = self.architectures.first(where: { $0.name == architecture.name }) else {
        missing.append("it does not cover \(architecture.name)")
        continue
      }
      if parts.contains(.kernel) {
        let settings = configuration.build.kernel
        missing +=
          locked.kernel?.mismatch(settings, architecture) ?? ["it names no kernel of \(architecture.name)"]
      }
      if parts.contains(.initrd) && locked.busybox == nil {
        missing.append("it names no busybox for the initrd of \(architecture.name)")
      }
      if parts != [.rootfs] { compiles = true }
    }
    if compiles, !buildRoots.contains(where: { $0.builder == builder.rawValue }) {
      missing.append("it names nothing to compile with on \(builder)")
    }
    return missing
  }
}

extension Set<AssetPart> {
  /// What is compiled has the build root in common.
  fileprivate var resolvedTogether: Set<AssetPart> {
    isDisjoint(with: [.kernel, .initrd]) ? self : union([.kernel, .initrd])
  }
}

extension LockedKernel {
  /// Why it is not the kernel that the config asks for; empty when it is.
  fileprivate func mismatch(_ settings: KernelSettings, _ architecture: GuestArchitecture) -> [String] {
    switch source {
    case .file(let file):
      return settings.source?.value == file.url && settings.sha256.map({ $0.value == file.sha256 }) != false
        ? [] : ["it was made for the kernel source \(file.url)"]
    case .package(let package):
      let wanted = KernelBranch.named(by: settings, architecture)
      return settings.source == nil && (wanted == nil || wanted == branch)
        ? [] : ["it was made for \(package.name), at \(architecture.position)"]
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
      configuration, covering: architectures, parts: request.parts, mirror: request.mirror,
      refresh: request.refresh, context: context, store: store)
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
      configuration, architectures: architectures, archives: search.archives,
      parts: request.parts.resolvedTogether, needed: request.parts)
    if let record = search.record { try store.setRecord("resolutions", record, to: Array(lock.text.utf8)) }
    return LockChoice(lock: lock, origin: "resolved now; `capsem-native lock` keeps it")
  }
}
