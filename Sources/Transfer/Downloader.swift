import CCurl
import FileTree
import Threads

/// A file to fetch.
package struct DownloadRequest: Sendable {
  /// Places that serve the same bytes, best first.
  package var candidates: [Location]
  /// Bytes; one more ends the transfer.
  package var size: Int64?
  package var sha256: Digest?
  /// The file that is written. Bytes that are in it already are kept and completed, as far as
  /// `sha256` can judge them.
  package var partial: String
  /// The most bytes to take when `size` is not known.
  package var limit: Int64?

  package init(
    _ candidates: [Location], to partial: String, size: Int64? = nil, sha256: Digest? = nil,
    limit: Int64? = nil
  ) {
    self.candidates = candidates
    self.partial = partial
    self.size = size
    self.sha256 = sha256
    self.limit = limit
  }
}

/// A file that has come, with the size and the digest that it has.
package struct Downloaded: Sendable, Equatable {
  package var location: Location
  package var size: Int64
  package var sha256: Digest
}

/// A small document, and where it was found after redirects.
package struct Document: Sendable, Equatable {
  package var location: Location
  package var bytes: [UInt8]
}

/// Fetches many things at once, on one thread of its own. Any thread may ask. It ends with its last
/// owner; what is under way then is cancelled and stays behind as a partial file.
package final class Downloader: Sendable {
  private let inbox = Monitor(TransferLoop.Inbox())
  private let multi: TransferLoop.Multi
  package let settings: TransferSettings
  private let thread: SystemThread

  private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  package init(_ settings: TransferSettings = TransferSettings()) {
    guard Downloader.isCurlReady, let handle = curl_multi_init() else {
      preconditionFailure("libcurl does not start")
    }
    let multi = TransferLoop.Multi(handle: handle)
    let inbox = inbox
    self.settings = settings
    self.multi = multi
    thread = SystemThread { TransferLoop(multi, inbox, settings).run() }
  }

  deinit {
    inbox.access { $0.isClosed = true }
    multi.wake()
    thread.join()
    curl_multi_cleanup(multi.handle)
  }

  /// Asks for a file and returns. `progress` gets the bytes that are there, which fall when a
  /// transfer starts over; both are called on the transfer thread and must be short.
  package func begin(
    _ request: DownloadRequest, cancellation: Cancellation? = nil,
    progress: @escaping @Sendable (Int64) -> Void = { _ in },
    done: @escaping @Sendable (Result<Downloaded, TransferFailure>) -> Void
  ) {
    let file = PartialFile(
      path: request.partial, size: request.size, sha256: request.sha256, limit: request.limit)
    submit(
      Job(
        to: file, attempts: Attempts(request.candidates, settings), accept: nil,
        cancellation: cancellation, progress: progress,
        done: { result in
          done(
            result.map { location in
              guard let digest = file.digest else { preconditionFailure("finished without a digest") }
              return Downloaded(location: location, size: file.position, sha256: digest)
            })
        }))
  }

  /// Fetches one file and waits for it.
  package func download(
    _ request: DownloadRequest, cancellation: Cancellation? = nil,
    progress: @escaping @Sendable (Int64) -> Void = { _ in }
  ) throws(TransferFailure) -> Downloaded {
    let answer = Monitor<Result<Downloaded, TransferFailure>?>(nil)
    begin(request, cancellation: cancellation, progress: progress) { result in
      answer.access { $0 = result }
    }
    return try answer.wait { $0 }.get()
  }

  /// Fetches a small document and waits for it. `accept` is the HTTP header's value; more than
  /// `limit` bytes, counted after decompression, are refused.
  package func fetchText(
    _ candidates: [Location], accept: String = "*/*", limit: Int64, cancellation: Cancellation? = nil
  ) throws(TransferFailure) -> Document {
    let answer = Monitor<Result<Document, TransferFailure>?>(nil)
    let buffer = DocumentBuffer(limit: limit)
    submit(
      Job(
        to: buffer, attempts: Attempts(candidates, settings), accept: accept,
        cancellation: cancellation, progress: { _ in },
        done: { result in
          answer.access {
            $0 = result.map { Document(location: $0, bytes: buffer.bytes) }
          }
        }))
    return try answer.wait { $0 }.get()
  }

  private func submit(_ job: Job) {
    inbox.access { $0.jobs.append(job) }
    multi.wake()
  }
}
