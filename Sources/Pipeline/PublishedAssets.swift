import Diagnosis
import FileTree
import Glibc
import HostTools
import Manifests
import Store
import Synchronization

/// The assets that are in an output directory, by what its manifest says of them.
final class PublishedAssets: Sendable {
  let directory: String
  /// Nil when there is none of this format.
  let manifest: Manifest?
  /// BLAKE3 by path: each asset is looked at once.
  private let hashes = Mutex<[String: String]>([:])
  /// Knows the hashes of files that have not changed since they were read.
  private let store: Store?

  init(in directory: String, hashes store: Store? = nil) {
    self.directory = directory
    self.store = store
    manifest = Outputs.text(of: "\(directory)/manifest.json").flatMap(Manifest.init)
  }

  /// Those of earlier builds that are still what the manifest says, but for those named "ARCH/FILE".
  func kept(besides new: Set<String>, events: EventHandler) throws -> [Asset] {
    guard let manifest else { return [] }
    return try manifest.currentAssets.filter { asset in
      let name = "\(asset.architecture)/\(asset.file)"
      if new.contains(name) { return false }
      guard access(path(of: asset), R_OK) == 0 else {
        events(.warning(Report("dropped \(name) from the manifest: the file is gone")))
        return false
      }
      guard try isIntact(asset) else {
        events(
          .warning(
            Report(
              "dropped \(name) from the manifest: the file has changed since it was built",
              hints: ["build it again to have it listed"])))
        return false
      }
      return true
    }
  }

  /// Whether all of `files` are there for an architecture, those that the manifest lists with their
  /// sizes. No content is read.
  func areThere(_ files: [String], of architecture: String) -> Bool {
    let assets = listed(files, of: architecture)
    return assets.count == files.count(where: Asset.isListed)
      && files.allSatisfy { access("\(directory)/\(architecture)/\($0)", R_OK) == 0 }
      && assets.allSatisfy { (try? sizeOfFile(path(of: $0))) == $0.size }
  }

  /// The same, and every listed one has the hash that the manifest says.
  func areIntact(_ files: [String], of architecture: String) throws -> Bool {
    guard areThere(files, of: architecture) else { return false }
    return try listed(files, of: architecture).allSatisfy(isIntact)
  }

  private func listed(_ files: [String], of architecture: String) -> [Asset] {
    (manifest?.currentAssets ?? []).filter { $0.architecture == architecture && files.contains($0.file) }
  }

  private func isIntact(_ asset: Asset) throws -> Bool {
    let path = path(of: asset)
    guard try sizeOfFile(path) == asset.size else { return false }
    if let hash = hashes.withLock({ $0[path] }) { return hash == asset.hash }
    let hash =
      try store?.hash(of: path) { try Blake3.hex(ofFile: path) } ?? Blake3.hex(ofFile: path)
    hashes.withLock { $0[path] = hash }
    return hash == asset.hash
  }

  private func path(of asset: Asset) -> String { "\(directory)/\(asset.architecture)/\(asset.file)" }
}

func sizeOfFile(_ path: String) throws -> Int64 {
  let file = try Descriptor(opening: path, O_RDONLY)
  return try fileSize(file.raw, named: path)
}
