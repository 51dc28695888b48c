import Diagnosis

/// A build event with the time at which it came, flat: a line of `--progress json` and of the ledger.
package struct EventRecord: Sendable, Equatable {
  /// Seconds since the build began, to the millisecond.
  package var seconds: Double
  package var event: BuildEvent

  package init(_ event: BuildEvent, seconds: Double) {
    self.seconds = (seconds * 1000).rounded() / 1000
    self.event = event
  }

  /// Whether a ledger keeps it. Lines that programs printed are in the log, and how far a stage is counts
  /// while it runs only.
  package var isKept: Bool {
    switch event {
    case .output, .advanced: false
    default: true
    }
  }
}
