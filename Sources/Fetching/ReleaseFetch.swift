import HostTools
import Threads
import Transfer

/// Fetches a suite's InRelease file and verifies it before anything in it is believed.
package struct ReleaseFetch: Sendable {
  private let downloader: Downloader
  private let now: Int64
  private let cancellation: Cancellation?

  private static let largest: Int64 = 16 << 20

  /// `now` is in seconds since 1970.
  package init(downloader: Downloader, now: Int64, cancellation: Cancellation? = nil) {
    self.downloader = downloader
    self.now = now
    self.cancellation = cancellation
  }

  /// From one of the source's bases.
  package func fetch(_ source: ArchiveSource, from base: Location) throws -> FetchedRelease {
    let location = base.appending("dists/\(source.suite)/InRelease")
    let document = try downloader.fetchText(
      [location], limit: ReleaseFetch.largest, cancellation: cancellation)
    let signed = try source.signatures.verify(document.bytes, named: location.description)
    do throws(ReleaseRefusal.Cause) {
      let file = try ReleaseFile(signed.payload)
      let check = ReleaseCheck(
        suite: source.suite, architectures: source.architectures, now: now,
        honoursValidUntil: source.honoursValidUntil, notBefore: source.notBefore)
      try check.check(file)
      return FetchedRelease(location: location, document: document.bytes, signed: signed, file: file)
    } catch {
      throw ReleaseRefusal(location.description, error)
    }
  }
}

/// A Release file that holds: signed, of the suite that was asked for, and of its time.
package struct FetchedRelease: Sendable, Equatable {
  /// Of InRelease.
  package var location: Location
  /// InRelease as it was fetched.
  package var document: [UInt8]
  package var signed: SignedDocument
  package var file: ReleaseFile
}
