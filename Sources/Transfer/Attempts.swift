/// Which candidate is asked next, and when. A candidate that failed for good is dropped; one that may
/// recover goes to the end of the line, with a growing delay.
struct Attempts {
  private struct Candidate {
    var location: Location
    var failures = 0
    var notBefore: Int64 = 0
  }

  private var candidates: [Candidate]
  private var failures: [TransferFailure] = []
  private let settings: TransferSettings

  init(_ locations: [Location], _ settings: TransferSettings) {
    candidates = locations.map { Candidate(location: $0) }
    self.settings = settings
  }

  /// Nil when nothing is left to try. `notBefore` is in the stopwatch's milliseconds.
  var next: (location: Location, notBefore: Int64)? {
    candidates.first.map { ($0.location, $0.notBefore) }
  }

  /// The candidate in front failed. `pause` is what the server asked for, in milliseconds.
  mutating func frontFailed(
    _ failure: TransferFailure, mayRecover: Bool, pause: Int64 = 0, now: Int64
  ) {
    var candidate = candidates.removeFirst()
    candidate.failures += 1
    guard mayRecover && candidate.failures <= settings.retries else {
      failures.append(failure)
      return
    }
    let delay = settings.firstDelay << Int64(candidate.failures - 1)
    candidate.notBefore = now + min(max(delay, pause), settings.longestDelay)
    candidates.append(candidate)
  }

  /// After the last candidate failed: the failure that tells the most, and the others beside it.
  var failure: TransferFailure {
    guard var worst = failures.max(by: { $0.cause.weight < $1.cause.weight }) else {
      return TransferFailure("nothing", .unusable("no place to fetch it from is known"))
    }
    worst.others = failures.filter { $0 != worst }.map { "\($0.location): \($0.cause.text)" }
    return worst
  }
}
