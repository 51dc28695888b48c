import Diagnosis
import FileTree
import HostTools
import Store
import Threads
import Transfer

/// Fetches what an archive says of a suite: InRelease, verified before anything in it is believed,
/// then the package indexes that it lists.
package struct IndexFetch: Sendable {
  private let store: Store
  private let downloader: Downloader
  private let releases: ReleaseFetch
  private let cancellation: Cancellation?

  /// `now` is in seconds since 1970.
  package init(store: Store, downloader: Downloader, now: Int64, cancellation: Cancellation? = nil) {
    self.store = store
    self.downloader = downloader
    self.releases = ReleaseFetch(downloader: downloader, now: now, cancellation: cancellation)
    self.cancellation = cancellation
  }

  /// Each base is asked in turn until one serves a suite that holds. A verdict counts for the bytes
  /// it was made on: nothing is carried over from one base to the next (CVE-2018-0501).
  package func fetch(_ source: ArchiveSource) throws -> VerifiedRelease {
    var failures: [Report] = []
    for base in source.bases {
      do {
        return try fetch(source, from: base)
      } catch let failure as TransferFailure where failure.cause == .cancelled {
        throw failure
      } catch {
        failures.append(Report(of: error))
      }
    }
    guard var report = failures.first else {
      throw Report(
        "cannot fetch suite \(source.suite): no archive is named", hints: ["name one with --mirror"])
    }
    report.causes += failures.dropFirst().map(\.summary)
    throw report
  }

  private func fetch(_ source: ArchiveSource, from base: Location) throws -> VerifiedRelease {
    let release = try releases.fetch(source, from: base)
    let plans: [Plan]
    do throws(ReleaseRefusal.Cause) {
      plans = try IndexFetch.plans(source, release.file)
    } catch {
      throw ReleaseRefusal(release.location.description, error)
    }
    var indexes: [VerifiedIndex] = []
    for plan in plans { indexes.append(try fetch(plan, source, release.file, first: base)) }
    return VerifiedRelease(
      name: source.name, suite: source.suite, components: source.components, base: base,
      payload: release.signed.payload, inRelease: try store.insert(release.document),
      inReleaseSize: Int64(release.document.count), file: release.file,
      fingerprints: release.signed.fingerprints, indexes: indexes)
  }

  /// The forms in which one index is listed, best first.
  private typealias Plan = [VerifiedIndex]

  private static func plans(_ source: ArchiveSource, _ file: ReleaseFile) throws(ReleaseRefusal.Cause)
    -> [Plan]
  {
    var plans: [Plan] = []
    for component in source.components {
      // A security archive prefixes its components, though not the paths of its files.
      let written = [component] + file.components.filter { $0.hasSuffix("/\(component)") }
      for architecture in source.architectures {
        let stems = written.map { "\($0)/binary-\(architecture)/Packages" }
        let stem = stems.first { stem in
          VerifiedIndex.Compression.allCases.contains { file.files[stem + $0.rawValue] != nil }
        }
        guard let stem else {
          throw .missing("component \(component) for \(architecture)", available: file.components)
        }
        plans.append(
          VerifiedIndex.Compression.allCases.compactMap { compression in
            let path = stem + compression.rawValue
            guard let listed = file.files[path] else { return nil }
            return VerifiedIndex(
              component: component, architecture: architecture, path: path, compression: compression,
              size: listed.size, sha256: listed.sha256, content: file.files[stem])
          })
      }
    }
    return plans
  }

  private func fetch(_ plan: Plan, _ source: ArchiveSource, _ file: ReleaseFile, first base: Location) throws
    -> VerifiedIndex
  {
    var failure: TransferFailure?
    for index in plan {
      if try store.contains(index.sha256, size: index.size) { return index }
      let bases = [base] + source.bases.filter { $0 != base }
      var paths = [index.path]
      if file.acquiresByHash {
        let directory = index.path[..<index.path.lastIndex(of: "/")!]
        paths.insert("\(directory)/by-hash/SHA256/\(index.sha256)", at: 0)
      }
      let candidates = bases.flatMap { base in
        paths.map { base.appending("dists/\(source.suite)/\($0)") }
      }
      do {
        try fetch(index, candidates)
        return index
      } catch let error as TransferFailure where error.cause == .notFound {
        // Debian's archives list an uncompressed file without serving it.
        failure = failure ?? error
      }
    }
    throw failure!
  }

  private func fetch(_ index: VerifiedIndex, _ candidates: [Location]) throws {
    let lock = try store.lock(index.sha256)
    if try store.contains(index.sha256, size: index.size) { return }
    let partial = store.partialPath(index.sha256)
    _ = try downloader.download(
      DownloadRequest(candidates, to: partial, size: index.size, sha256: index.sha256),
      cancellation: cancellation)
    try store.publish(partial, as: index.sha256, size: index.size)
    _ = consume lock
  }
}
