/// The chain of work that a build's duration consists of: backwards from its end, of all that had ended
/// when the next began, what ended last. Whatever is not on it could have been slower without the build
/// being so. Moments in which nothing was told are left out.
package struct CriticalPath: Sendable, Equatable {
  package struct Step: Sendable, Equatable {
    /// Of `Timeline.spans`.
    package var span: Int
    /// Of the span's tasks; nil for what the stage did besides.
    package var task: Int?
    package var interval: Timeline.Interval
  }

  /// In order of time.
  package private(set) var steps: [Step] = []

  /// Times are known to the millisecond.
  private static let instant = 0.0015

  package init(of timeline: Timeline) {
    var left = timeline.spans.indices.flatMap { CriticalPath.steps(of: timeline.spans[$0], at: $0) }
    // Of two that ended at once, the longer one explains more.
    left.sort { ($0.interval.ended, $1.interval.began) < ($1.interval.ended, $0.interval.began) }
    var moment = timeline.end
    while let step = left.popLast() {
      // What began then, too, was done beside the step that is there already.
      guard step.interval.ended <= moment + CriticalPath.instant else { continue }
      steps.append(step)
      moment = step.interval.began
    }
    steps.reverse()
  }

  /// Seconds that a span has on it.
  package func seconds(of span: Int) -> Double {
    steps.reduce(0) { $1.span == span ? $0 + $1.interval.seconds : $0 }
  }

  /// Its tasks, and the time around them.
  private static func steps(of span: Timeline.Span, at index: Int) -> [Step] {
    guard !span.reused, let end = span.ended else { return [] }
    var steps: [Step] = []
    for (number, task) in span.tasks.enumerated() {
      guard let ended = task.ended, ended > task.began else { continue }
      steps.append(
        Step(span: index, task: number, interval: Timeline.Interval(began: task.began, ended: ended)))
    }
    let busy = (steps.map(\.interval) + span.waits).sorted { $0.began < $1.began }
    var free = span.began
    for interval in busy + [Timeline.Interval(began: end, ended: end)] {
      if interval.began > free + instant {
        steps.append(
          Step(span: index, task: nil, interval: Timeline.Interval(began: free, ended: interval.began)))
      }
      free = max(free, interval.ended)
    }
    return steps
  }
}
