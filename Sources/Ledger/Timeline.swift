import Diagnosis

/// When everything of a build happened: stages, and what they did. Times are seconds since its begin.
package struct Timeline: Sendable, Equatable {
  package struct Interval: Sendable, Equatable {
    package var began: Double
    package var ended: Double
    package var seconds: Double { ended - began }
  }

  /// One thing that a stage did: a package that was unpacked, or configured, a program that ran.
  package struct Task: Sendable, Equatable {
    package var name: String
    package var began: Double
    /// Nil while it lasts.
    package var ended: Double?
    package var seconds: Double { (ended ?? began) - began }
  }

  /// One run of a stage; with several architectures a stage has several.
  package struct Span: Sendable, Equatable {
    package var stage: Stage
    package var architecture: String?
    package var began: Double
    /// Nil while it runs.
    package var ended: Double?
    package var reused = false
    package var tasks: [Task] = []
    /// When it did nothing but wait for another stage.
    package var waits: [Interval] = []
    package var waitsSince: Double?
    package var amount: Amount?
    package var activity = ""
    /// The task that the next activity ends.
    fileprivate var single: Int?
  }

  package struct Amount: Sendable, Equatable {
    package var done: Int64
    package var total: Int64?
    package var unit: BuildEvent.Unit
  }

  /// By their begin.
  package private(set) var spans: [Span] = []
  /// When the last event came.
  package private(set) var end = 0.0
  private var architecture: String?

  package init() {}

  package init(_ records: [EventRecord]) {
    for record in records { take(record.event, at: record.seconds) }
  }

  /// `seconds` never goes back.
  package mutating func take(_ event: BuildEvent, at seconds: Double) {
    end = max(end, seconds)
    switch event {
    case .turned(let name): architecture = name
    case .started(let stage): spans.append(Span(stage: stage, architecture: architecture, began: seconds))
    case .finished(let stage, let reused):
      if !spans.contains(where: { $0.stage == stage && $0.ended == nil }) {
        spans.append(Span(stage: stage, architecture: architecture, began: seconds))
      }
      change(stage) { $0.finish(at: seconds, reused: reused) }
    case .waiting(let stage): change(stage) { $0.wait(at: seconds) }
    case .advanced(let stage, let done, let total, let unit):
      change(stage) { $0.amount = Amount(done: done, total: total, unit: unit) }
    case .activity(let stage, let text): change(stage) { $0.do(text, at: seconds) }
    case .began(let stage, let text): change(stage) { $0.begin(text, at: seconds) }
    case .ended(let stage, let text): change(stage) { $0.end(text, at: seconds) }
    case .output, .note, .warning: break
    }
  }

  private mutating func change(_ stage: Stage, _ body: (inout Span) -> Void) {
    guard let index = spans.lastIndex(where: { $0.stage == stage && $0.ended == nil }) else { return }
    body(&spans[index])
  }

  /// How long each thing took that `stage` did, by its name.
  package func seconds(ofTasksIn stage: Stage) -> [String: Double] {
    var seconds: [String: Double] = [:]
    for span in spans where span.stage == stage {
      for task in span.tasks { seconds[task.name, default: 0] += task.seconds }
    }
    return seconds
  }
}

extension Timeline.Span {
  fileprivate mutating func finish(at seconds: Double, reused: Bool) {
    goOn(at: seconds)
    for index in tasks.indices where tasks[index].ended == nil { tasks[index].ended = seconds }
    ended = seconds
    self.reused = reused
  }

  fileprivate mutating func wait(at seconds: Double) {
    endSingle(at: seconds)
    activity = ""
    waitsSince = waitsSince ?? seconds
  }

  fileprivate mutating func `do`(_ text: String, at seconds: Double) {
    goOn(at: seconds)
    endSingle(at: seconds)
    single = tasks.count
    tasks.append(Timeline.Task(name: text, began: seconds))
    activity = text
  }

  fileprivate mutating func begin(_ text: String, at seconds: Double) {
    goOn(at: seconds)
    endSingle(at: seconds)
    tasks.append(Timeline.Task(name: text, began: seconds))
    activity = text
  }

  fileprivate mutating func end(_ text: String, at seconds: Double) {
    guard let index = tasks.lastIndex(where: { $0.name == text && $0.ended == nil }) else { return }
    tasks[index].ended = seconds
  }

  private mutating func endSingle(at seconds: Double) {
    if let single, tasks[single].ended == nil { tasks[single].ended = seconds }
    single = nil
  }

  private mutating func goOn(at seconds: Double) {
    if let since = waitsSince { waits.append(Timeline.Interval(began: since, ended: seconds)) }
    waitsSince = nil
  }

  /// Seconds of waiting until `seconds`.
  package func waited(until seconds: Double) -> Double {
    waits.reduce(0) { $0 + $1.seconds } + (waitsSince.map { max(0, seconds - $0) } ?? 0)
  }
}
