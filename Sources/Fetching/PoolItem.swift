import Diagnosis
import FileTree
import Threads
import Transfer

/// One file that a build takes from outside.
package struct PoolItem: Sendable, Equatable {
  /// "bash 5.2.15-2+b2 (amd64)": what an error calls it.
  package var name: String
  package var sha256: Digest
  package var size: Int64
  /// Places that may serve it, best first.
  package var candidates: [Location]

  package init(name: String, sha256: Digest, size: Int64, candidates: [Location]) {
    self.name = name
    self.sha256 = sha256
    self.size = size
    self.candidates = candidates
  }
}

/// Looks for other places of an object once every candidate has failed. The pool calls it on a thread of its
/// own, for one object at a time, so it may ask servers; it stops when it is cancelled.
package typealias PlaceSearch = @Sendable (Digest, Cancellation) -> FoundPlaces

/// What a search has come to.
package struct FoundPlaces: Sendable {
  /// Best first.
  package var candidates: [Location]
  /// Of those that were asked and could not tell.
  package var failures: [TransferFailure]

  package init(_ candidates: [Location] = [], failures: [TransferFailure] = []) {
    self.candidates = candidates
    self.failures = failures
  }
}

/// Why a file of the lock is not there.
package struct PoolFailure: Diagnosable, Equatable {
  package var item: String
  package var cause: Cause

  package enum Cause: Sendable, Equatable {
    case transfer(TransferFailure)
    case storage(SystemFailure)
    /// Offline; these are not in the store.
    case offline(missing: [String])
    case cancelled
  }

  package var summary: String {
    switch cause {
    case .transfer(let failure): "cannot fetch \(item): \(failure.cause.text)"
    case .storage(let failure): "cannot fetch \(item): \(failure.summary)"
    case .offline(let missing) where missing.count > 1:
      "cannot build offline: \(missing.count) files are not in the cache"
    case .offline: "cannot build offline: \(item) is not in the cache"
    case .cancelled: "cannot fetch \(item): cancelled"
    }
  }

  package var causes: [String] {
    switch cause {
    case .transfer(let failure): ["from \(failure.location)"] + failure.others
    case .offline(let missing) where missing.count > 1: Array(missing.prefix(20))
    default: []
    }
  }

  package var hints: [String] {
    switch cause {
    case .transfer(let failure): failure.hints
    case .storage(let failure): failure.hints
    case .offline: ["build once without --offline, or name a mirror with --mirror DIR"]
    case .cancelled: []
    }
  }
}
