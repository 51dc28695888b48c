import Diagnosis
import FileTree
import Glibc

/// One thing in the cache that can be removed on its own.
package struct CacheItem: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Verified files from elsewhere, and the guest's own.
    case download
    /// A state of a tree between two stages.
    case layer
    /// A kernel, or a program of the initrd.
    case compiled
    /// A download that has not come to its end.
    case partial
  }

  package var kind: Kind
  /// A digest; of a partial file its name.
  package var name: String
  /// As its files' sizes say. A layer's pack may be a published image's own file.
  package var bytes: Int64
  package var lastUse: Timestamp
}

extension Store {
  private static let compiledKinds = ["kernels", "programs"]

  /// Everything, the longest unused first.
  package func contents() throws(SystemFailure) -> [CacheItem] {
    let compiled = try compiledObjects()
    var items: [CacheItem] = []
    for fan in try names(in: "objects/sha256") {
      for name in try names(in: "objects/sha256/\(fan)") {
        let kind: CacheItem.Kind = compiled[name] == nil ? .download : .compiled
        if let item = item(kind, name, ["objects/sha256/\(fan)/\(name)"]) { items.append(item) }
      }
    }
    for name in try names(in: "layers") where name.hasSuffix(".index") {
      let identity = String(name.dropLast(".index".count))
      let parts = ["index", "pack", "stamp"].map { "layers/\(identity).\($0)" }
      if let item = item(.layer, identity, parts) { items.append(item) }
    }
    for name in try names(in: "partial") where !name.hasSuffix(".lock") {
      if let item = item(.partial, name, ["partial/\(name)"]) { items.append(item) }
    }
    return items.sorted { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) }
  }

  /// The first of `files` tells the last use.
  private func item(_ kind: CacheItem.Kind, _ name: String, _ files: [String]) -> CacheItem? {
    let stamps = files.map { FileStamp(ofPath: "\(directory)/\($0)") }
    guard case .some(.some(let first)) = stamps.first else { return nil }
    return CacheItem(
      kind: kind, name: name, bytes: stamps.reduce(0) { $0 + ($1?.size ?? 0) }, lastUse: first.modified)
  }

  /// The records that lead to each compiled object.
  private func compiledObjects() throws(SystemFailure) -> [String: [(kind: String, name: String)]] {
    var records: [String: [(kind: String, name: String)]] = [:]
    for kind in Store.compiledKinds {
      for name in try names(in: "records/\(kind)") {
        guard let bytes = try record(kind, name) else { continue }
        records[String(decoding: bytes, as: UTF8.self), default: []].append((kind, name))
      }
    }
    return records
  }

  private func names(in name: String) throws(SystemFailure) -> [String] {
    let path = "\(directory)/\(name)"
    do {
      let raw = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY).release()
      return try directoryNames(raw, named: path).map { String(decoding: $0, as: UTF8.self) }
    } catch  where error.code == ENOENT {
      return []
    }
  }

  /// Removes one thing. False when somebody uses it.
  package func remove(_ item: CacheItem) throws(SystemFailure) -> Bool {
    switch item.kind {
    case .layer:
      guard let identity = Digest(hex: item.name) else { return false }
      return try removeLayer(identity)
    case .partial:
      try unlinkFile("\(directory)/partial/\(item.name)")
    case .compiled:
      for record in try compiledObjects()[item.name] ?? [] { try removeRecord(record.kind, record.name) }
      if let digest = Digest(hex: item.name) { try remove(digest) }
    case .download:
      if let digest = Digest(hex: item.name) { try remove(digest) }
    }
    return true
  }

  /// Removes what stands for something that is no longer there, or can be had again: all records of these
  /// kinds.
  package func removeRecords(_ kinds: [String]) throws(SystemFailure) {
    for kind in kinds {
      for name in try names(in: "records/\(kind)") { try removeRecord(kind, name) }
    }
  }

  /// Removes the layers that were unused for the longest time until the others have `limit` bytes.
  package func trimLayers(to limit: Int64) throws(SystemFailure) {
    let layers = try contents().filter { $0.kind == .layer }
    var total = layers.reduce(0) { $0 + $1.bytes }
    for layer in layers where total > limit {
      if try remove(layer) { total -= layer.bytes }
    }
  }

  private func unlinkFile(_ path: String) throws(SystemFailure) {
    if unlink(path) != 0 && errno != ENOENT { throw SystemFailure("remove", path) }
  }
}
