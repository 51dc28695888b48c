import Diagnosis

/// How long a stage will still take, where something is known to say it from: bytes by the rate of the last
/// seconds, packages that are configured by how long each took in an earlier build. Where nothing is known
/// there is no estimate.
package struct Estimate: Sendable {
  private struct Sample { var seconds: Double, done: Int64 }

  /// Of an earlier build of the same: seconds by package, and by stage.
  private let configured: [String: Double]
  private let stages: [Stage: Double]
  private var samples: [Stage: [Sample]] = [:]

  /// Seconds of rate that count: shorter ones jump, longer ones know of times that are over.
  private static let window = 8.0
  /// Seconds without a byte after which there is no rate.
  private static let patience = 4.0

  /// `earlier` is empty when there was none.
  package init(earlier: Timeline = Timeline()) {
    configured = earlier.seconds(ofTasksIn: .configure)
    stages = earlier.spans.reduce(into: [:]) { stages, span in
      if let ended = span.ended, !span.reused, span.stage != .fetch {
        stages[span.stage] = ended - span.began
      }
    }
  }

  /// Takes note of how far a stage has come; `seconds` as in `Timeline`.
  package mutating func take(_ event: BuildEvent, at seconds: Double) {
    switch event {
    case .started(let stage): samples[stage] = [Sample(seconds: seconds, done: 0)]
    case .waiting(let stage): samples[stage] = []
    case .advanced(let stage, let done, _, .bytes):
      var known = samples[stage] ?? []
      // A mirror that failed is begun anew by another one.
      if let last = known.last, done < last.done { known = [] }
      if let last = known.last, known.count > 1, seconds - last.seconds < 0.2 { known.removeLast() }
      known.append(Sample(seconds: seconds, done: done))
      while known.count > 2, seconds - known[1].seconds > Estimate.window { known.removeFirst() }
      samples[stage] = known
    default: break
    }
  }

  /// Bytes a second; nil while too little is known, and when nothing comes any more.
  package func rate(of stage: Stage, at seconds: Double) -> Double? {
    guard let known = samples[stage], let first = known.first, let last = known.last,
      seconds - last.seconds < Estimate.patience, last.seconds - first.seconds >= 1, last.done > first.done
    else { return nil }
    return Double(last.done - first.done) / (last.seconds - first.seconds)
  }

  /// Seconds.
  package func remaining(_ span: Timeline.Span, at seconds: Double) -> Double? {
    if span.waitsSince != nil { return nil }
    switch span.amount {
    case let amount? where amount.unit == .bytes:
      guard let total = amount.total, let rate = rate(of: span.stage, at: seconds) else { return nil }
      return Double(max(0, total - amount.done)) / rate
    case let amount? where span.stage == .configure:
      return amount.total.flatMap { configuring(span, total: Int($0), at: seconds) }
    default: return nil
    }
  }

  /// How long the same stage took in the earlier build.
  package func earlier(_ stage: Stage) -> Double? { stages[stage] }

  /// The packages that the earlier build had, too, at this build's pace; others like the mean of them.
  private func configuring(_ span: Timeline.Span, total: Int, at seconds: Double) -> Double? {
    if configured.isEmpty { return nil }
    var before = 0.0
    var now = 0.0
    var current = 0.0
    for task in span.tasks {
      guard let known = configured[task.name] else { continue }
      if let ended = task.ended {
        before += known
        now += ended - task.began
      } else {
        current = max(0, known - (seconds - task.began))
      }
    }
    let pace = before >= 1 ? min(4, max(0.25, now / before)) : 1
    let seen = Set(span.tasks.map(\.name))
    let ahead = configured.filter { !seen.contains($0.key) }
    let left = max(0, total - Int(span.amount?.done ?? 0))
    let mean = ahead.isEmpty ? 0 : ahead.values.reduce(0, +) / Double(ahead.count)
    return pace * (current + mean * Double(left))
  }
}
