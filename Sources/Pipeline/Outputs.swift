import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Imaging
import Manifests
import Store
import Synchronization

/// The output directory of one build. Artifacts are written beside their places under names of their
/// own and come there by rename, all of them after everything has succeeded: a build that fails leaves
/// the previous assets as they were, and no partial file.
final class Outputs: Sendable {
  let directory: String
  fileprivate let pending: Mutex<[(architecture: String, file: String, temporary: String)]>
  let published: PublishedAssets

  private let store: Store

  /// Makes the directory and tries whether it can be written: at the beginning, and not after minutes.
  /// `store` remembers the hashes of what is published.
  init(directory: String, architectures: [String], store: Store) throws {
    self.directory = directory
    self.store = store
    self.pending = Mutex([])
    self.published = PublishedAssets(in: directory, hashes: store)
    for architecture in architectures {
      let path = "\(directory)/\(architecture)"
      do {
        try Workspace.makeDirectories(path)
        try Outputs.removeStale(in: path)
        let probe = "\(path)/\(Outputs.prefix)probe"
        _ = try Descriptor(opening: probe, O_WRONLY | O_CREAT | O_TRUNC)
        unlink(probe)
      } catch let failure as SystemFailure {
        throw Outputs.refusal(path, failure)
      }
    }
  }

  static func refusal(_ path: String, _ failure: SystemFailure) -> Report {
    Report(
      "cannot write assets to \(path): \(String(cString: strerror(failure.code)))",
      hints: ["name another directory with --output, or make this one writable for you"])
  }

  deinit { discard() }

  fileprivate static let prefix = ".capsem-"
  static let report = "build.json"

  /// What a build left that was killed.
  private static func removeStale(in path: String) throws {
    let raw = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY).release()
    for name in try directoryNames(raw, named: path) where name.starts(with: prefix.utf8) {
      let file = "\(path)/\(String(decoding: name, as: UTF8.self))"
      // A build that is at work holds its lock.
      guard let there = try? Descriptor(opening: file, O_RDWR), flock(there.raw, LOCK_EX | LOCK_NB) == 0
      else { continue }
      unlink(file)
    }
  }

  /// A new and empty file that becomes `file` of the architecture.
  func create(_ architecture: String, _ file: String) throws -> Descriptor {
    let temporary = try TemporaryFile("\(directory)/\(architecture)/\(Outputs.prefix)\(file)")
    let path = temporary.path
    pending.withLock { $0.append((architecture, file, path)) }
    let descriptor = temporary.release()
    flock(descriptor.raw, LOCK_EX | LOCK_NB)
    try system("set mode of", path) { fchmod(descriptor.raw, 0o644) }
    return descriptor
  }

  func write(_ text: String, _ architecture: String, _ file: String) throws {
    let descriptor = try create(architecture, file)
    let bytes = Array(text.utf8)
    try bytes.withUnsafeBytes {
      try writeAll($0, to: descriptor.raw, at: 0, named: "\(directory)/\(architecture)/\(file)")
    }
  }

  /// The path under which a pending file can be read.
  func pendingPath(_ architecture: String, _ file: String) -> String? {
    pending.withLock { $0.last { $0.architecture == architecture && $0.file == file }?.temporary }
  }

  /// Removes what has not come to its place.
  func discard() {
    let files = pending.withLock { files in
      defer { files = [] }
      return files
    }
    for file in files { unlink(file.temporary) }
  }

  /// Brings everything to its place and writes manifest and checksums. `date` and `hostVersion` go into
  /// the manifest.
  func publish(date: Int64, hostVersion: String, events: EventHandler) throws {
    let files = pending.withLock { $0 }
    var assets: [Asset] = []
    for file in files where Asset.isListed(file.file) {
      assets.append(
        Asset(
          architecture: file.architecture, file: file.file, hash: try Blake3.hex(ofFile: file.temporary),
          size: try sizeOfFile(file.temporary),
          imageLayout: Asset.isImage(file.file) ? ImageLayout.version : nil))
    }
    let previous = published.manifest
    assets += try published.kept(besides: Set(assets.map { "\($0.architecture)/\($0.file)" }), events: events)
    let manifest = Manifest(assets: assets, date: date, hostVersion: hostVersion, previous: previous)

    // What has not changed is not written anew. Reports come last: they vouch for the others.
    for file in files where file.file != Outputs.report {
      if try Outputs.isSame(place(of: file), file.temporary) {
        unlink(file.temporary)
      } else {
        try system("create", place(of: file)) { rename(file.temporary, place(of: file)) }
      }
    }
    for file in files where file.file == Outputs.report {
      try system("create", place(of: file)) { rename(file.temporary, place(of: file)) }
    }
    pending.withLock { $0 = [] }
    try Outputs.write(manifest.text, to: "\(directory)/manifest.json")
    try Outputs.write(Asset.checksums(assets), to: "\(directory)/B3SUMS")
    try remember(assets.prefix(files.count { Asset.isListed($0.file) }))
  }

  /// So that the next build need not read what this one wrote.
  private func remember(_ assets: some Collection<Asset>) throws {
    if assets.isEmpty { return }
    FileStamp.passTick()
    for asset in assets {
      let path = "\(directory)/\(asset.architecture)/\(asset.file)"
      if let stamp = FileStamp(ofPath: path) {
        try store.remember(hash: asset.hash, of: path, stamp: stamp)
      }
    }
  }

  static func text(of path: String) -> [UInt8]? {
    guard let file = try? Descriptor(opening: path, O_RDONLY) else { return nil }
    return try? readAll(file.raw, named: path)
  }

  /// Byte by byte, so that two images that differ are told apart at their first block.
  private static func isSame(_ path: String, _ other: String) throws -> Bool {
    guard access(path, R_OK) == 0, try sizeOfFile(path) == sizeOfFile(other) else { return false }
    let (first, second) = (
      try Descriptor(opening: path, O_RDONLY).release(), try Descriptor(opening: other, O_RDONLY).release()
    )
    defer {
      close(first)
      close(second)
    }
    let step = 1 << 20
    let buffers = UnsafeMutableRawPointer.allocate(byteCount: 2 * step, alignment: 4096)
    defer { buffers.deallocate() }
    while true {
      let count = try system("read", path) { read(first, buffers, step) }
      if count == 0 { return true }
      var done = 0
      while done < count {
        let more = try system("read", other) { read(second, buffers + step + done, count - done) }
        if more == 0 { return false }
        done += more
      }
      if memcmp(buffers, buffers + step, count) != 0 { return false }
    }
  }

  static func write(_ text: String, to path: String) throws { try replaceFile(path, with: Array(text.utf8)) }
}

extension Outputs {
  /// Publishes a pending file under a second name, too, which takes no room.
  func link(_ architecture: String, _ file: String, as second: String) throws {
    guard let source = pendingPath(architecture, file), !second.contains("/"), !second.isEmpty else {
      throw Report("cannot publish \(file) as \"\(second)\": expected a plain file name")
    }
    let temporary = "\(directory)/\(architecture)/\(Outputs.prefix)\(second).\(file)"
    unlink(temporary)
    try system("link", temporary) { Glibc.link(source, temporary) }
    pending.withLock { $0.append((architecture, second, temporary)) }
  }

  /// Those of which something is to come to its place.
  var writtenArchitectures: [String] { Set(pending.withLock { $0.map(\.architecture) }).sorted() }

  /// For an earlier state's tree: it is no asset, and the manifest does not name it any more.
  func publishWithoutManifest(events: EventHandler) throws {
    let files = pending.withLock { $0 }
    for file in files {
      try system("create", file.temporary) { rename(file.temporary, place(of: file)) }
    }
    pending.withLock { $0 = [] }
    guard let previous = published.manifest else { return }
    let assets = try published.kept(
      besides: Set(files.map { "\($0.architecture)/\($0.file)" }), events: events)
    if assets.isEmpty {
      for name in ["manifest.json", "B3SUMS"] { unlink("\(directory)/\(name)") }
    } else {
      try Outputs.write(previous.keeping(assets).text, to: "\(directory)/manifest.json")
      try Outputs.write(Asset.checksums(assets), to: "\(directory)/B3SUMS")
    }
  }

  private func place(of file: (architecture: String, file: String, temporary: String)) -> String {
    "\(directory)/\(file.architecture)/\(file.file)"
  }
}
