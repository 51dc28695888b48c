import Diagnosis
import Glibc
import Ledger
import Synchronization
import Threads

/// Shows a build's events on stderr while they come, and keeps them for the ledger.
final class Progress: Sendable {
  enum Mode: String, Sendable, CaseIterable { case auto, live, plain, json, none }

  private struct State {
    var timeline = Timeline()
    var estimate = Estimate()
    var records: [EventRecord] = []
    var region = LiveRegion()
  }

  private let mode: Mode
  private let style: Style
  /// What is known of the last build of an architecture.
  private let earlier: @Sendable (String) -> Timeline
  private let start = Stopwatch.milliseconds
  private let state = Mutex(State())
  private let stop = Cancellation()
  private let clock = Mutex<SystemThread?>(nil)

  /// Milliseconds from one picture to the next.
  private static let pace: Int64 = 100

  /// `auto` is live on a terminal and plain elsewhere. `finish` has to be called at the end.
  init(mode: Mode, style: Style, earlier: @escaping @Sendable (String) -> Timeline = { _ in Timeline() }) {
    let onTerminal = Terminal.canRedraw(STDERR_FILENO)
    self.mode = mode == .auto ? (onTerminal ? .live : .plain) : mode
    self.style = style
    self.earlier = earlier
    if self.mode == .live {
      clock.withLock { [self] in
        $0 = SystemThread { [self] in
          while !stop.isCancelled {
            state.withLock { draw(&$0) }
            Stopwatch.pause(milliseconds: Progress.pace)
          }
        }
      }
    }
  }

  var events: EventHandler { { [self] in take($0) } }

  /// The events so far that a ledger keeps.
  var ledger: [EventRecord] { state.withLock { $0.records } }

  var timeline: Timeline { state.withLock { $0.timeline } }

  /// Leaves the terminal with what is done, and the cursor below it.
  func finish() {
    stop.cancel()
    let thread = clock.withLock { clock in
      defer { clock = nil }
      return clock
    }
    guard let thread else { return }
    thread.join()
    state.withLock { state in
      emit(state.region.frame(above: [], lines: [], in: Terminal.size(of: STDERR_FILENO), style: style))
    }
  }

  private var seconds: Double { Double(Stopwatch.milliseconds - start) / 1000 }

  private func take(_ event: BuildEvent) {
    state.withLock { state in
      // Inside, so that times never go back.
      let record = EventRecord(event, seconds: seconds)
      if record.isKept { state.records.append(record) }
      state.timeline.take(event, at: record.seconds)
      if case .turned(let name?) = event { state.estimate = Estimate(earlier: earlier(name)) }
      state.estimate.take(event, at: record.seconds)
      switch mode {
      case .json: emit(record.line + "\n")
      case .plain: for line in plainLines(event, state.timeline) { emit(line + "\n") }
      case .live: draw(&state, after: event)
      case .none, .auto: break
      }
    }
  }

  private func plainLines(_ event: BuildEvent, _ timeline: Timeline) -> [String] {
    switch event {
    case .started(let stage): ["\(stage.rawValue) …"]
    case .finished(let stage, _):
      timeline.finished(stage).map { [StageLine(finished: $0, of: timeline).text] } ?? []
    case .note(let text): [Rendering.harmless(text)]
    case .warning(let report):
      [String(Rendering.report(report, severity: "warning", style: style).dropLast())]
    case .turned, .waiting, .advanced, .activity, .began, .ended, .output: []
    }
  }

  // MARK: Live

  /// What stays is written at once; what only moves waits for the next picture.
  private func draw(_ state: inout State, after event: BuildEvent) {
    var above: [String] = []
    switch event {
    case .note(let text): above = [Rendering.harmless(text)]
    case .warning(let report):
      above = Rendering.report(report, severity: "warning", style: style).split(separator: "\n").map(
        String.init)
    case .finished(let stage, _):
      guard let span = state.timeline.finished(stage) else { return }
      above = [style.paint(.green, "✓") + " " + StageLine(finished: span, of: state.timeline).text]
    case .started: break
    case .turned, .waiting, .advanced, .activity, .began, .ended, .output: return
    }
    draw(&state, above: above)
  }

  private func draw(_ state: inout State, above: [String] = []) {
    let size = Terminal.size(of: STDERR_FILENO)
    let now = seconds
    let lines = state.timeline.spans.filter { $0.ended == nil }.map {
      StageLine(running: $0, of: state.timeline, estimate: state.estimate, at: now, columns: size.columns)
    }
    let text = state.region.frame(above: above, lines: lines, in: size, style: style)
    if !text.isEmpty { emit(text) }
  }

  /// In one write, so that no terminal shows half a picture.
  private func emit(_ text: String) { Terminal.write(text, to: STDERR_FILENO) }
}

extension Timeline {
  /// The run of a stage that has just ended; nil for one that never began, for its result was there.
  fileprivate func finished(_ stage: Stage) -> Span? {
    spans.last { $0.stage == stage && $0.ended != nil && !($0.reused && $0.began == $0.ended) }
  }
}
