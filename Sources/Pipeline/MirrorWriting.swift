import BuildModel
import Diagnosis
import Fetching
import FileTree
import GuestConfig
import Linting
import Locking
import Mirroring
import Threads
import Transfer

/// What `mirror` is asked for.
package struct MirrorRequest: Sendable {
  package var guest: String
  /// Absolute.
  package var directory: String
  /// Where a web server offers the directory.
  package var url: String?
  package var locked: Bool
  package var offline: Bool
  /// Where to take from what the cache lacks: a URL or an absolute path.
  package var mirror: String?
  /// Drop what neither the guest's lock nor these lockfiles name; nil to drop nothing.
  package var keptLocks: [String]?

  package init(
    guest: String, directory: String, url: String? = nil, locked: Bool = false, offline: Bool = false,
    mirror: String? = nil, keptLocks: [String]? = nil
  ) {
    self.guest = guest
    self.directory = directory
    self.url = url
    self.locked = locked
    self.offline = offline
    self.mirror = mirror
    self.keptLocks = keptLocks
  }
}

/// What `mirror` did.
package struct MirrorResult: Sendable {
  package var change: MirrorDirectory.Change
  /// Of the whole directory, `mirror.json` excepted.
  package var files: Int
  package var bytes: Int64
}

extension ImageBuilder {
  /// Writes what the guest's lock names, for all its architectures, into a directory of its own.
  package func mirror(_ request: MirrorRequest) throws -> MirrorResult {
    try heeding(cancellation) { try writeMirror(request) }
  }

  private func writeMirror(_ request: MirrorRequest) throws -> MirrorResult {
    let configuration = try Validation(of: request.guest).buildableConfiguration()
    return try reaching(configuration, offline: request.offline, mirror: request.mirror)
      .writeMirror(request, of: configuration)
  }

  private func writeMirror(_ request: MirrorRequest, of configuration: GuestConfiguration) throws
    -> MirrorResult
  {
    let url = try request.url.map(ImageBuilder.address)
    let kept = try request.keptLocks.map { paths in try paths.map(ImageBuilder.lockfile) }
    let build = BuildRequest(
      guest: request.guest, architectures: [], output: "", locked: request.locked, offline: request.offline,
      mirror: request.mirror)
    let choice = try chooseLock(
      configuration, architectures: configuration.build.architectures, request: build)
    events(.note("packages: \(choice.origin)"))
    let lock = choice.lock
    let plan = try MirrorPlan(
      lock,
      keyrings: configuration.build.apt.keyrings(of: lock, suite: configuration.debianSuite()))
    var directory = try MirrorDirectory(writing: request.directory)
    let missing = try directory.missing(of: plan)
    let wanted = Set(missing.values.map(\.sha256))
    let objects = (lock.architectures.flatMap { lock.objects(of: $0) { _ in true } } + lock.compilingObjects)
      .filter { wanted.contains($0.sha256) }
    let sources = ObjectSources(
      builder: self, configuration: configuration, lock: lock, mirror: request.mirror,
      offline: request.offline)
    let pool = try sources.pool(of: objects, events: events)
    defer { pool.cancel() }
    let fetches = pool.missingBytes > 0
    if fetches { events(.started(.fetch)) }
    pool.start()
    let keeping = kept.map { locks in
      ([lock] + locks).reduce(into: Set<Digest>()) { $0.formUnion(MirrorPlan.digests(of: $1)) }
    }
    let change = try directory.update(plan, missing: missing, url: url, keeping: keeping) { digest, _ in
      if cancellation.isCancelled { throw Interrupted() }
      do { return try pool.wait(for: digest) } catch { throw lock.explained(error, about: digest) }
    }
    if fetches { events(.finished(.fetch, reused: false)) }
    if Outputs.text(of: "\(configuration.directory)/capsem.lock") == nil {
      events(
        .warning(
          Report(
            "\(configuration.directory) has no capsem.lock: a build elsewhere does not know what this mirror is for",
            hints: ["run `capsem-native lock \(configuration.directory)`, then mirror again"])))
    }
    let files = directory.catalogue.files
    return MirrorResult(
      change: change, files: files.count, bytes: files.values.reduce(0) { $0 + $1.size })
  }

  /// For clients, hence without credentials, and without a slash at its end.
  private static func address(_ url: String) throws -> String {
    var address = try Location(url).url[...]
    while address.hasSuffix("/") { address.removeLast() }
    return String(address)
  }

  private static func lockfile(_ path: String) throws -> Lockfile {
    guard let text = Outputs.text(of: path) else {
      throw Report("cannot read the lock \(path): there is no such file")
    }
    return try Lockfile(parsing: text, file: path)
  }
}
