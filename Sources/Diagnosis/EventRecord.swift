/// A build event with the time at which it came, flat: a line of `--progress json` and of the ledger.
package struct EventRecord: Codable, Sendable, Equatable {
  /// Seconds since the build began, to the millisecond.
  package var seconds: Double
  package var event: String
  package var stage: String?
  package var text: String?
  package var done: Int64?
  package var total: Int64?
  package var unit: String?
  package var reused: Bool?
  package var hints: [String]?

  package init(_ event: BuildEvent, seconds: Double) {
    self.seconds = (seconds * 1000).rounded() / 1000
    switch event {
    case .started(let stage):
      self.event = "started"
      self.stage = stage.rawValue
    case .finished(let stage, let reused):
      self.event = "finished"
      self.stage = stage.rawValue
      self.reused = reused
    case .advanced(let stage, let done, let total, let unit):
      self.event = "advanced"
      self.stage = stage.rawValue
      self.done = done
      self.total = total
      self.unit = unit.rawValue
    case .activity(let stage, let text):
      self.event = "activity"
      self.stage = stage.rawValue
      self.text = text
    case .output(let stage, let line):
      self.event = "output"
      self.stage = stage.rawValue
      self.text = line
    case .note(let text):
      self.event = "note"
      self.text = text
    case .warning(let report):
      self.event = "warning"
      self.text = report.summary
      self.hints = report.hints
    }
  }
}
