import Threads

/// One thing to fetch, from the moment it is asked for until its outcome is told. The thread that
/// asks builds it and hands it over; from then on only the transfer thread touches it, hence
/// `@unchecked`.
final class Job: @unchecked Sendable {
  let destination: any Destination
  var attempts: Attempts
  /// Where it is asked for at this moment: the candidate, or where that redirected to.
  var location: Location?
  var redirects = 0
  /// The Accept header; nil for plain files.
  let accept: String?
  let progress: (Int64) -> Void
  let cancellation: Cancellation?
  let done: (Result<Location, TransferFailure>) -> Void

  init(
    to destination: any Destination, attempts: Attempts, accept: String?,
    cancellation: Cancellation?, progress: @escaping (Int64) -> Void,
    done: @escaping (Result<Location, TransferFailure>) -> Void
  ) {
    self.destination = destination
    self.attempts = attempts
    self.accept = accept
    self.cancellation = cancellation
    self.progress = progress
    self.done = done
  }

  /// Documents come first, for somebody waits for each; then the largest, so that the tail is short.
  var urgency: Int64 { accept != nil ? .max : destination.expectedSize ?? .max - 1 }

  func end(_ result: Result<Location, TransferFailure>) {
    if case .failure = result { destination.abandon() }
    done(result)
  }
}
