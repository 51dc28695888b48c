import BuildModel
import Diagnosis
import FileTree
import Glibc
import Layers
import Store
import Threads

/// The layers of the cache as one build finds and leaves them.
struct KeptLayers: Sendable {
  var store: Store
  var identities: LayerIdentities
  var threads: Int
  var events: EventHandler

  /// A layer whose index is right and whose pack is as it was; nobody removes it while this is there.
  final class Held: Sendable {
    private let kept: KeptLayer
    let layer: Layer

    fileprivate init(_ kept: consuming KeptLayer, _ layer: Layer) {
      self.kept = kept
      self.layer = layer
    }

    var pack: CInt { kept.pack.raw }

    /// The index, or the pack, for another process.
    func share(_ artifact: LayerArtifact) throws -> Descriptor {
      let raw = artifact == .baseIndex ? kept.index.raw : kept.pack.raw
      return Descriptor(owning: try system("share", "a layer") { fcntl(raw, F_DUPFD_CLOEXEC, 0) })
    }
  }

  /// What this build can begin with, the farthest first.
  func base() throws -> (base: LayerBase, held: Held)? {
    if let held = try open(identities.sealed) { return (.sealed, held) }
    if let (sealed, missing) = try relative(), let held = try open(sealed) {
      return (.lacking(missing), held)
    }
    if let held = try open(identities.configured) { return (.configured, held) }
    return nil
  }

  /// The same, without looking whether a layer is right.
  static func outlook(_ identities: LayerIdentities, in store: Store) throws -> LayerBase? {
    if store.holdsLayer(identities.sealed) { return .sealed }
    let layers = KeptLayers(store: store, identities: identities, threads: 1, events: { _ in })
    if let (sealed, missing) = try layers.relative(), store.holdsLayer(sealed) { return .lacking(missing) }
    return store.holdsLayer(identities.configured) ? .configured : nil
  }

  /// Damage is told, and ends the layer.
  private func open(_ identity: Digest) throws -> Held? {
    guard case .some(let kept) = try store.layer(identity) else { return nil }
    let layer: Layer
    do {
      layer = try Layer(bytes: readAll(kept.index.raw, named: "a layer's index"))
      let size = try fileSize(kept.pack.raw, named: "a layer's pack")
      guard size == layer.packSize else {
        throw LayerError("cannot use a layer: its pack has \(size) of \(layer.packSize) bytes")
      }
      if !kept.isTrusted {
        if let path = try Pack.firstDamage(of: layer, in: kept.pack.raw, threads: threads) {
          throw LayerError("cannot use a layer: \(path) in its pack is not what it was")
        }
        try store.trustLayer(identity)
      }
    } catch let error as LayerError {
      events(.warning(Report(error.summary, hints: ["it was dropped, and what it held is built again"])))
      _ = consume kept
      try store.removeLayer(identity)
      return nil
    }
    return Held(kept, layer)
  }

  // MARK: Families

  private static let families = "families"

  /// The last sealed tree that has some of the wheels of this one, and no other, and what it lacks.
  private func relative() throws -> (sealed: Digest, missing: [String])? {
    guard let family = identities.family, let bytes = try store.record(KeptLayers.families, family.hex)
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let sealed = lines.first.flatMap({ Digest(hex: $0) }) else { return nil }
    let (there, wanted) = (Set(lines.dropFirst()), Set(identities.wheels))
    guard there.isSubset(of: wanted), there != wanted else { return nil }
    return (sealed, wanted.subtracting(there).sorted())
  }

  // MARK: Keeping

  /// `image` is a file whose contents the layer's pieces lie in.
  func keepSealed(_ index: [UInt8], image: String) throws {
    try store.keepLayer(identities.sealed, index: index, sharing: image)
    if let family = identities.family {
      let lines = [identities.sealed.hex] + identities.wheels
      try store.setRecord(KeptLayers.families, family.hex, to: Array(lines.joined(separator: "\n").utf8))
    }
  }

  /// Of files that a worker wrote, which may have failed later. An index that is whole came after its pack.
  func keepConfigured(_ files: [String: String]) throws {
    guard let index = files[LayerArtifact.configuredIndex.rawValue],
      let pack = files[LayerArtifact.configuredPack.rawValue]
    else { return }
    defer { unlink(index) }
    let file = try Descriptor(opening: index, O_RDONLY)
    let bytes = try readAll(file.raw, named: index)
    if (try? Layer(bytes: bytes)) == nil {
      unlink(pack)
      return
    }
    try system("change the mode of", pack) { chmod(pack, 0o644) }
    try store.keepLayer(identities.configured, index: bytes, pack: pack)
  }

  // MARK: Versions

  private static let versions = "versions"

  /// What was answered of the same tree; nil when nobody has asked yet.
  func knownVersions() throws -> String? {
    try store.record(KeptLayers.versions, identities.versions.hex).map { String(decoding: $0, as: UTF8.self) }
  }

  func remember(versions text: String) throws {
    try store.setRecord(KeptLayers.versions, identities.versions.hex, to: Array(text.utf8))
  }
}

/// Files of layers that a worker asks for, by the names of artifacts.
enum LayerArtifact: String, CaseIterable {
  /// To read: what the build begins with.
  case baseIndex = "base.index"
  case basePack = "base.pack"
  /// To write.
  case configuredIndex = "configured.index"
  case configuredPack = "configured.pack"
  case sealedIndex = "sealed.index"
}
