import BuildModel
import Diagnosis
import FileTree
import Glibc
import Json
import Locking
import Sandbox
import Store
import Threads
import Transfer

/// The npm registry's part of resolving: npm itself resolves, in the sandbox and out of its verified
/// wheel; what it asks for comes through here. One resolution serves all architectures.
struct NpmResolution {
  var context: HostContext
  var store: Store
  var downloader: Downloader
  var cancellation: Cancellation
  var events: EventHandler

  /// The packages of each architecture, by its name. `node` is Node's wheel for this host, in the store.
  func packages(
    _ configuration: GuestConfiguration, node: LockedWheel, platforms: [String: NpmPlatform],
    relocking: Relocking
  ) throws -> [String: [LockedNpmPackage]] {
    let requests = InstallPlan(configuration).npm
    if requests.isEmpty { return [:] }
    events(.activity(.resolve, "npm packages"))
    let source = try NpmRegistrySource(configuration, context)
    let kept = relocking.keptNpm()
    do {
      return try packages(requests, source, node, platforms, kept)
    } catch let report as Report where !kept.isEmpty && !cancellation.isCancelled {
      // What moves may need something else to move: then all may.
      events(.note("npm packages: \(report.summary); resolving without the versions of the lock"))
      return try packages(requests, source, node, platforms, [:])
    }
  }

  private func packages(
    _ requests: [NpmRequest], _ source: NpmRegistrySource, _ node: LockedWheel,
    _ platforms: [String: NpmPlatform], _ kept: [String: Set<String>]
  ) throws -> [String: [LockedNpmPackage]] {
    let conversation = Conversation(self, source, kept)
    defer { conversation.stop() }
    let order = NpmOrder(
      node: node.sha256, nodeFile: node.file, manifest: NpmResolution.manifest(requests),
      platforms: platforms, asksForRegistry: source.address == nil)
    let answer: NpmAnswer
    do {
      answer = try run(order, conversation)
    } catch var report as Report {
      report.causes += conversation.failures.flatMap { [$0.summary] + $0.causes }
      report.hints += conversation.failures.first?.hints ?? []
      let words = report.causes.joined(separator: "\n")
      report.hints += requests.filter { words.contains($0.name) }
        .map { "\($0.text) is asked for at \($0.position)" }
      report.hints.append("the registry is the one of \(conversation.origin)")
      throw report
    }
    let lock = try NpmLock(parsing: Array(answer.lock.utf8))
    return try Dictionary(
      uniqueKeysWithValues: platforms.keys.sorted().map { name in
        let unfit = Set((answer.unfit[name] ?? []).compactMap { NpmPlace($0) })
        let selected = try lock.selection(unfit: unfit, on: name)
        return (name, try selected.map { try locked($0, conversation.registry()) })
      })
  }

  private func locked(_ selected: NpmLock.Selected, _ registry: NpmRegistry) throws -> LockedNpmPackage {
    let package = selected.package
    let words = "\(package.name) \(package.version)"
    guard let url = package.url, ["https://", "http://"].contains(where: url.hasPrefix) else {
      throw Report(
        "cannot lock \(words): it comes from no registry", causes: package.url.map { ["from \($0)"] } ?? [],
        hints: ["only packages of a registry can be locked: no directories, no repositories"])
    }
    guard let integrity = package.integrity else {
      throw Report(
        "cannot lock \(words): the registry gives no SHA-512 of its tarball",
        hints: ["ask for a newer version, or another registry: [build.npm] registry"])
    }
    if cancellation.isCancelled { throw Interrupted() }
    events(.activity(.resolve, words))
    let (sha256, size) = try registry.tarball(url, integrity, named: words)
    return LockedNpmPackage(
      place: selected.place.text, name: package.name, version: package.version,
      url: WebAddress.withoutCredentials(url), size: size, sha256: sha256, integrity: integrity,
      commands: package.commands, requested: selected.isRequested, hasScripts: package.hasScripts)
  }

  /// A project that depends on everything, so that one resolution fits all of it together.
  private static func manifest(_ requests: [NpmRequest]) -> String {
    let dependencies = requests.sorted { $0.name < $1.name }.map {
      ($0.name, JSONText.string($0.version.isEmpty ? "latest" : $0.version))
    }
    return JSONText.object([("private", .boolean(true)), ("dependencies", .object(dependencies))]).rendered()
      + "\n"
  }

  private func run(_ order: NpmOrder, _ conversation: Conversation) throws -> NpmAnswer {
    let privilege = try PrivilegeChoice(context, cancellation: cancellation, events: events).privilege()
    let workspace = try Workspace(
      cache: context.cacheDirectory, privilege: privilege, executable: context.executable)
    let session = WorkerSession(
      objects: { [store] digest in
        guard let object = try store.open(digest) else {
          throw Report("cannot open \(order.nodeFile): it left the cache")
        }
        return object
      },
      artifacts: { _ in throw Report("cannot resolve npm packages: it makes no artifacts") },
      registry: { try conversation.serve($0, default: $1) },
      giveUp: { conversation.stop() }, events: events, cancellation: cancellation)
    let result = Result {
      try session.run(
        .npm(order), workspace: workspace.stage.raw, privilege: privilege, executable: context.executable)
    }
    try workspace.remove(executable: context.executable)
    guard let answer = try result.get().npm else {
      throw Report("internal error: the worker has resolved nothing")
    }
    return answer
  }
}

extension NpmRegistrySource {
  /// The registry that the guest names, or that the host's own npm would ask.
  init(_ configuration: GuestConfiguration, _ host: HostContext) throws {
    let environment = host.environment
    let userConfig = environment["npm_config_userconfig"] ?? environment["NPM_CONFIG_USERCONFIG"]
    let paths = NpmRegistrySource.configurationPaths(home: environment["HOME"], userConfig: userConfig)
    try self.init(
      configured: configuration.build.npm.registry?.value, environment: environment,
      files: paths.compactMap { path in
        host.text(of: path).map { ConfigurationFile(path: path, text: $0) }
      })
  }
}

extension Location {
  /// A page or a tarball of a registry, asked for with what the host's npm would show there.
  init(_ address: String, authorizedBy source: NpmRegistrySource) throws {
    let location = try Location(address)
    switch source.authorization(for: address) {
    case nil: self = location
    case .basic(let user, let password): self = location.authorized(user: user, password: password)
    case .bearer(let token): self = location.authorized(bearer: token)
    }
  }
}

/// The host's half of one resolution. The registry is known once npm has named its default, if nobody
/// else has.
private final class Conversation: Sendable {
  private let resolution: NpmResolution
  private let source: Monitor<NpmRegistrySource>
  private let kept: [String: Set<String>]
  private let parts = Monitor<(registry: NpmRegistry, service: RegistryService)?>(nil)

  init(_ resolution: NpmResolution, _ source: NpmRegistrySource, _ kept: [String: Set<String>]) {
    self.resolution = resolution
    self.source = Monitor(source)
    self.kept = kept
  }

  var origin: String { source.access { $0.origin } }

  var failures: [Report] { parts.access { $0?.service }?.failures ?? [] }

  func serve(_ listener: consuming Descriptor, default address: String?) throws {
    if let address { try source.access { $0 = try $0.completed(with: address) } }
    let registry = NpmRegistry(
      source.access { $0 }, store: resolution.store, downloader: resolution.downloader, kept: kept,
      cancellation: resolution.cancellation)
    let service = RegistryService(registry, store: resolution.store)
    parts.access { $0 = (registry, service) }
    service.serve(listener)
  }

  func registry() throws -> NpmRegistry {
    guard let registry = parts.access({ $0?.registry }) else {
      throw Report("internal error: npm has resolved without a registry")
    }
    return registry
  }

  func stop() { parts.access { $0?.service }?.stop() }
}
