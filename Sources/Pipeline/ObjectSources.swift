import BuildModel
import Diagnosis
import Fetching
import FileTree
import GuestConfig
import Locking
import Mirroring
import Store
import Transfer

/// Where a build takes the files of its lock from: a mirror that `--mirror` names, then the archives of the
/// config, of the host and of the lock, a snapshot, and the addresses that the lock knows. What is at none of
/// them is looked for on the pages of the Python index and the npm registry. Each file is checked by its
/// digest, so any place will do. Nobody is asked as long as the store has everything.
struct ObjectSources {
  var builder: ImageBuilder
  var configuration: GuestConfiguration
  var lock: Lockfile
  /// Of `--mirror`: a URL or an absolute path.
  var mirror: String?
  var offline: Bool

  private func items(_ objects: [LockedObject]) throws -> [PoolItem] {
    try GuestWheels(directory: configuration.directory, store: builder.store).gather(objects)
    let missing = try objects.filter { try !builder.store.contains($0.sha256, size: $0.size) }
    let candidates = missing.isEmpty ? [] : try places(of: missing)
    for (object, places) in zip(missing, candidates) {
      guard case .guest(let path) = object.origin, places.isEmpty else { continue }
      throw Report(
        "cannot find \(object.name), which the lock names: there is no \(configuration.directory)/\(path)",
        hints: ["put the file there, or run `capsem-native lock \(configuration.directory)`"])
    }
    let byDigest = Dictionary(zip(missing.map(\.sha256), candidates)) { $0 + $1 }
    return objects.map {
      PoolItem(name: $0.name, sha256: $0.sha256, size: $0.size, candidates: byDigest[$0.sha256] ?? [])
    }
  }

  /// A pool of these objects, and of others that are in the store.
  func pool(of objects: [LockedObject], and others: [PoolItem] = [], events: @escaping EventHandler) throws
    -> PackagePool
  {
    try PackagePool(
      items(objects) + others, store: builder.store,
      downloader: builder.downloader(offline: offline, mirror: mirror), events: events,
      search: search(for: objects))
  }

  /// For what no place has that is known beforehand; nil where nobody may be asked.
  func search(for objects: [LockedObject]) throws -> PlaceSearch? {
    if offline { return nil }
    let pages = PackagePages(
      context: builder.context, downloader: builder.downloader,
      npm: try NpmRegistrySource(configuration, builder.context))
    let origins = Dictionary(objects.map { ($0.sha256, $0.origin) }) { first, _ in first }
    return { digest, cancellation in
      origins[digest].map { pages.places(of: $0, digest, cancellation) } ?? FoundPlaces()
    }
  }

  /// For each object the places that may serve it, best first.
  private func places(of objects: [LockedObject]) throws -> [[Location]] {
    guard let mirror else { return offline ? objects.map { _ in [] } : try others(objects, mirror: nil) }
    switch try builder.answer(of: mirror, alone: offline) {
    case .catalogue(let catalogue):
      let own = try places(of: objects, in: catalogue, at: mirror)
      return offline ? own : try zip(own, others(objects, mirror: nil)).map { $0 + $1 }
    case .archive:
      // The mirror of the command line may be asked offline, if it is a directory.
      return try others(objects, mirror: mirror).map { $0.filter { !offline || $0.scheme == .file } }
    case .none: return try others(objects, mirror: nil)
    }
  }

  /// Of the archives, registries and addresses that are known.
  private func others(_ objects: [LockedObject], mirror: String?) throws -> [[Location]] {
    let mirrors = Mirrors(requested: mirror, context: builder.context)
    let suite = try configuration.debianSuite()
    var archives = mirror == nil ? [] : try mirrors.archives(of: configuration, suite: suite)
    // A host that knows no mirror still has the lock's addresses.
    let configured = Mirrors(requested: nil, context: builder.context)
    archives += (try? configured.archives(of: configuration, suite: suite)) ?? []
    let bases = Dictionary(
      uniqueKeysWithValues: try lock.releases.map { release in
        let named = archives.filter { $0.name == release.name }.map(\.uri)
        let others = mirrors.others(for: release, of: configuration.build.apt, lockDate: lock.date)
        return (release.name, try ObjectSources.distinct(named + others).map { try Location($0) })
      })
    let npm = try NpmRegistrySource(configuration, builder.context)
    return try objects.map { object in
      switch object.origin {
      case .archive(let release, let paths):
        (bases[release] ?? []).flatMap { base in paths.map { base.appending($0) } }
      case .file(let url), .python(let url, _): [try Location(url)]
      case .npm(let url, let name, let version, _):
        try ObjectSources.distinct(
          [npm.registry(of: name).map { NpmRegistrySource.tarball(of: name, version, at: $0) }, url]
            .compactMap { $0 }
        ).map { try Location($0, authorizedBy: npm) }
      // In the store by now, if the guest has it.
      case .guest: []
      }
    }
  }

  /// The first of each, in order.
  private static func distinct(_ addresses: [String]) -> [String] {
    var seen: Set<String> = []
    return addresses.filter { address in
      var base = address[...]
      while base.hasSuffix("/") { base.removeLast() }
      return seen.insert(String(base)).inserted
    }
  }

  /// Offline, what a mirror of ours lacks is nowhere else asked for.
  private func places(
    of objects: [LockedObject], in catalogue: MirrorCatalogue, at mirror: String
  ) throws -> [[Location]] {
    let base = try Location(mirror)
    let places = objects.map { object in
      catalogue.path(of: object.sha256).map { [base.appending($0)] } ?? []
    }
    let lacking = Set(zip(objects, places).filter { $1.isEmpty }.map(\.0.name)).sorted()
    guard offline && !lacking.isEmpty else { return places }
    throw Report(
      lacking.count == 1
        ? "cannot build from the mirror \(base): it has no \(lacking[0])"
        : "cannot build from the mirror \(base): it lacks \(lacking.count) files that the lock names",
      causes: lacking.count == 1 ? [] : Array(lacking.prefix(20)),
      hints: [
        "run `capsem-native mirror \(configuration.directory) DIR` on the mirror's directory, where there is a network: "
          + "it adds what is new",
        "or build without --offline: then other places are asked for what it lacks",
      ])
  }
}

extension ImageBuilder {
  /// Offline, nobody is asked but a mirror that was named for it.
  func downloader(offline: Bool, mirror: String?) -> Downloader? {
    offline && mirror == nil ? nil : downloader
  }
}
