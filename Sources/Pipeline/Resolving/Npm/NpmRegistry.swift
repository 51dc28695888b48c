import BuildModel
import Diagnosis
import FileTree
import Glibc
import Locking
import Store
import Threads
import Transfer

/// The registry as the host sees it: what npm asks for in the sandbox comes from here, each thing once.
final class NpmRegistry: Sendable {
  private let source: NpmRegistrySource
  private let store: Store
  private let downloader: Downloader
  private let cancellation: Cancellation
  /// Versions of packages that are to stay, by name.
  private let kept: [String: Set<String>]
  private let state = Monitor(State())

  private struct State {
    /// Nil while it is under way.
    var packuments: [String: Result<Packument?, Report>?] = [:]
    var threads: [SystemThread] = []
    var running = 0
  }

  /// A server's patience, and this machine's.
  private static let mostAtOnce = 16
  private static let largestPackument: Int64 = 256 << 20

  init(
    _ source: NpmRegistrySource, store: Store, downloader: Downloader, kept: [String: Set<String>],
    cancellation: Cancellation
  ) {
    self.source = source
    self.store = store
    self.downloader = downloader
    self.kept = kept
    self.cancellation = cancellation
  }

  /// What the registry tells of a package. npm asks for one name at a time, so what this one's newest
  /// version needs is asked for at once, too: a wrong guess costs a request. Nil when the registry has
  /// no such package.
  func packument(of name: String) throws -> Packument? {
    begin(name)
    guard let packument = try state.wait({ $0.packuments[name] ?? nil }).get() else { return nil }
    for name in packument.likelyNext where state.access({ $0.running < NpmRegistry.mostAtOnce }) {
      begin(name)
    }
    return packument
  }

  private func begin(_ name: String) {
    state.access { state in
      if state.packuments[name] != nil { return }
      state.packuments[name] = .some(nil)
      state.running += 1
      state.threads.append(
        SystemThread { [self] in
          let result = Result { try fetch(name) }.mapError { Report(of: $0) }
          self.state.access {
            $0.packuments[name] = .some(result)
            $0.running -= 1
          }
        })
    }
  }

  /// Waits for what is under way.
  func finish() {
    let threads = state.access { state in
      defer { state.threads = [] }
      return state.threads
    }
    for thread in threads { thread.join() }
  }

  private func fetch(_ name: String) throws -> Packument? {
    guard let registry = source.registry(of: name) else {
      throw Report("internal error: no registry for \(name)")
    }
    let page = NpmRegistrySource.page(of: name, at: registry)
    let document: Document
    do {
      document = try downloader.fetchText(
        [try Location(page, authorizedBy: source)], accept: "application/json",
        limit: NpmRegistry.largestPackument,
        cancellation: cancellation)
    } catch let failure as TransferFailure where failure.cause == .notFound {
      return nil
    }
    let packument = try Packument(parsing: document.bytes, of: name)
    return kept[name].map(packument.keeping) ?? packument
  }

  // MARK: Tarballs

  /// Brings a tarball into the store, checked by its integrity, and tells its SHA-256 and size, which
  /// registries do not. What an earlier lock has brought is not asked for again.
  func tarball(_ address: String, _ integrity: NpmIntegrity, named name: String) throws -> (Digest, Int64) {
    let key = Digest(of: integrity.text).hex
    if let known = try store.record("npm", key).flatMap({ Digest(hex: String(decoding: $0, as: UTF8.self)) }),
      let object = try store.open(known)
    {
      return (known, try fileSize(object.raw, named: name))
    }
    // Its digest is not known yet: that of the integrity's text names what is under way.
    let place = Digest(of: integrity.text)
    let lock = try store.lock(place)
    defer { withExtendedLifetime(lock) {} }
    let partial = store.partialPath(place)
    let fetched = try downloader.download(
      DownloadRequest([try Location(address, authorizedBy: source)], to: partial, limit: 4 << 30),
      cancellation: cancellation)
    let file = try Descriptor(opening: partial, O_RDONLY)
    let found = NpmIntegrity(digest: try SHA512.digest(ofFile: file.raw, named: name))
    guard found == integrity else {
      unlink(partial)
      throw Report(
        "cannot lock \(name): its tarball is not what the registry promises",
        causes: ["expected \(integrity.text)", "found    \(found.text)", "from \(try Location(address))"],
        hints: ["try again, or ask another registry: [build.npm] registry"])
    }
    try store.publish(partial, as: fetched.sha256, size: fetched.size)
    try store.setRecord("npm", key, to: Array(fetched.sha256.hex.utf8))
    return (fetched.sha256, fetched.size)
  }
}
