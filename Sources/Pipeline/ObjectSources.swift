import BuildModel
import Diagnosis
import Fetching
import FileTree
import GuestConfig
import Mirroring
import Store
import Transfer

/// Where a build takes the files of its lock from: a mirror that `--mirror` names, else the archives
/// and the addresses that the lock knows. Nobody is asked as long as the store has everything.
struct ObjectSources {
  var builder: ImageBuilder
  var configuration: GuestConfiguration
  /// Of `--mirror`: a URL or an absolute path.
  var mirror: String?
  var offline: Bool

  func items(_ objects: [LockedObject]) throws -> [PoolItem] {
    try GuestWheels(directory: configuration.directory, store: builder.store).gather(objects)
    let missing = try objects.filter { try !builder.store.contains($0.sha256, size: $0.size) }
    let candidates = missing.isEmpty ? [] : try places(of: missing)
    let byDigest = Dictionary(zip(missing.map(\.sha256), candidates)) { $0 + $1 }
    return objects.map {
      PoolItem(name: $0.name, sha256: $0.sha256, size: $0.size, candidates: byDigest[$0.sha256] ?? [])
    }
  }

  /// For each object the places that may serve it, best first.
  private func places(of objects: [LockedObject]) throws -> [[Location]] {
    if let mirror, let catalogue = try builder.catalogue(of: mirror) {
      return try places(of: objects, in: catalogue, at: mirror)
    }
    // The mirror of the command line may be asked offline, if it is a directory.
    if offline && mirror == nil { return objects.map { _ in [] } }
    let archives = try Mirrors(requested: mirror, context: builder.context)
      .archives(of: configuration, suite: configuration.debianSuite())
    return try objects.map { object in
      let places: [Location]
      switch object.origin {
      case .archive(let release, let paths):
        let bases = try archives.filter { $0.name == release }.map { try Location($0.uri) }
        places = bases.flatMap { base in paths.map { base.appending($0) } }
      case .index(let url): places = [try Location(url)]
      case .guest(let path):
        throw Report(
          "cannot find \(object.name), which the lock names: there is no \(configuration.directory)/\(path)",
          hints: ["put the file there, or run `capsem-native lock \(configuration.directory)`"])
      }
      return places.filter { !offline || $0.scheme == .file }
    }
  }

  /// A mirror of ours has everything or is not the one: what it lacks is nowhere else asked for.
  private func places(
    of objects: [LockedObject], in catalogue: MirrorCatalogue, at mirror: String
  ) throws -> [[Location]] {
    let base = try Location(mirror)
    var lacking: Set<String> = []
    let places = objects.map { object in
      guard let path = catalogue.path(of: object.sha256) else {
        lacking.insert(object.name)
        return [Location]()
      }
      return [base.appending(path)]
    }
    guard lacking.isEmpty else {
      let names = lacking.sorted()
      throw Report(
        names.count == 1
          ? "cannot build from the mirror \(base): it has no \(names[0])"
          : "cannot build from the mirror \(base): it lacks \(names.count) files that the lock names",
        causes: names.count == 1 ? [] : Array(names.prefix(20)),
        hints: [
          "run `capsem-native mirror \(configuration.directory) DIR` on the mirror's directory, where there is a network: "
            + "it adds what is new", "or build without --mirror",
        ])
    }
    return places
  }
}

extension ImageBuilder {
  /// Of a mirror that `capsem-native mirror` wrote; nil for any other archive.
  func catalogue(of mirror: String) throws -> MirrorCatalogue? {
    if mirror.hasPrefix("/") { return try MirrorDirectory.catalogue(of: mirror) }
    let location = try Location(mirror).appending(MirrorCatalogue.name)
    do {
      let document = try downloader.fetchText([location], limit: 64 << 20, cancellation: cancellation)
      return try MirrorCatalogue(parsing: document.bytes, named: location.description)
    } catch let failure as TransferFailure where failure.cause == .notFound {
      return nil
    }
  }

  /// Offline, nobody is asked but a mirror that was named for it.
  func downloader(offline: Bool, mirror: String?) -> Downloader? {
    offline && mirror == nil ? nil : downloader
  }
}
