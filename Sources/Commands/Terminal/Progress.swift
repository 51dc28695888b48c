import Diagnosis
import Glibc
import Synchronization
import Threads

/// Shows a build's events on stderr while they come, and keeps them for the ledger.
final class Progress: Sendable {
  enum Mode: String, Sendable, CaseIterable { case auto, live, plain, json, none }

  private struct State {
    var stages: [StageState] = []
    var records: [EventRecord] = []
    /// Lines of the live display that are on the screen.
    var drawn = 0
    var lastDrawn: Int64 = 0
  }

  struct StageState {
    var stage: Stage
    var began: Double
    var ended: Double?
    var reused = false
    var amount: (done: Int64, total: Int64?, unit: BuildEvent.Unit)?
    var activity = ""
  }

  private let mode: Mode
  private let style: Style
  private let width: Int
  private let start = Stopwatch.milliseconds
  private let state = Mutex(State())

  /// `auto` is live on a terminal and plain elsewhere.
  init(mode: Mode, style: Style) {
    let onTerminal = isatty(STDERR_FILENO) == 1
    self.mode = mode == .auto ? (onTerminal ? .live : .plain) : mode
    self.style = style
    self.width = Terminal.width(of: STDERR_FILENO)
  }

  var events: EventHandler { { [self] in take($0) } }

  /// The events so far, for the ledger; without output lines, which the log has.
  var ledger: [EventRecord] {
    state.withLock {
      $0.records.filter { $0.event != "output" && $0.event != "advanced" && $0.event != "activity" }
    }
  }

  private func take(_ event: BuildEvent) {
    let seconds = Double(Stopwatch.milliseconds - start) / 1000
    let record = EventRecord(event, seconds: seconds)
    state.withLock { state in
      state.records.append(record)
      update(&state.stages, event, seconds)
      switch mode {
      case .json: emit(Progress.json(record) + "\n")
      case .plain: if let line = plainLine(event, state.stages) { emit(line + "\n") }
      case .live: draw(&state, event, seconds)
      case .none, .auto: break
      }
    }
  }

  private func update(_ stages: inout [StageState], _ event: BuildEvent, _ seconds: Double) {
    func change(_ stage: Stage, _ body: (inout StageState) -> Void) {
      if let index = stages.lastIndex(where: { $0.stage == stage && $0.ended == nil }) {
        body(&stages[index])
      }
    }
    switch event {
    case .started(let stage): stages.append(StageState(stage: stage, began: seconds))
    case .finished(let stage, let reused):
      change(stage) {
        $0.ended = seconds
        $0.reused = reused
      }
    case .advanced(let stage, let done, let total, let unit):
      change(stage) { $0.amount = (done, total, unit) }
    case .activity(let stage, let text): change(stage) { $0.activity = text }
    case .output, .note, .warning: break
    }
  }

  private func plainLine(_ event: BuildEvent, _ stages: [StageState]) -> String? {
    switch event {
    case .started(let stage): return "\(stage.rawValue) …"
    case .finished(let stage, _):
      guard let state = stages.last(where: { $0.stage == stage }) else { return nil }
      return line(state, now: state.ended ?? 0, plain: true)
    case .note(let text): return Rendering.harmless(text)
    case .warning(let report):
      return String(Rendering.report(report, severity: "warning", style: style).dropLast())
    case .advanced, .activity, .output: return nil
    }
  }

  private func line(_ state: StageState, now: Double, plain: Bool = false) -> String {
    let name = state.stage.rawValue
    var text = name + String(repeating: " ", count: max(1, 11 - name.count))
    if let amount = state.amount {
      text += Rendering.amount(done: amount.done, total: amount.total, unit: amount.unit)
      let elapsed = (state.ended ?? now) - state.began
      if amount.unit == .bytes && elapsed > 0.2 {
        text += ", \(Rendering.bytes(Int64(Double(amount.done) / elapsed)))/s"
      }
      text += "  "
    }
    if let ended = state.ended {
      text += state.reused ? "reused" : Rendering.duration(ended - state.began)
    } else if !plain {
      text += Rendering.duration(now - state.began) + "  " + Rendering.harmless(state.activity)
    }
    return text
  }

  private func draw(_ state: inout State, _ event: BuildEvent, _ seconds: Double) {
    var above = ""
    switch event {
    case .note(let text): above = Rendering.harmless(text) + "\n"
    case .warning(let report): above = Rendering.report(report, severity: "warning", style: style)
    case .started, .finished: break
    case .advanced, .activity, .output:
      // Fifteen pictures a second are enough for anybody.
      let now = Stopwatch.milliseconds
      if now - state.lastDrawn < 66 { return }
      state.lastDrawn = now
    }
    var text = state.drawn > 0 ? "\u{1b}[\(state.drawn)A\u{1b}[J" : ""
    text += above
    for stage in state.stages {
      let mark = stage.ended == nil ? style.paint(.cyan, "▸") : style.paint(.green, "✓")
      text += mark + " " + String(line(stage, now: seconds).prefix(width - 3)) + "\n"
    }
    state.drawn = state.stages.count
    emit(text)
  }

  private func emit(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = write(STDERR_FILENO, bytes.baseAddress! + done, bytes.count - done)
        if count <= 0 && errno != EINTR { return }
        done += max(0, count)
      }
    }
  }

  /// Seconds a stage, and in all, as `--timings` prints them.
  func timings() -> String {
    let stages = state.withLock { $0.stages }
    var text = ""
    for stage in stages {
      guard let ended = stage.ended else { continue }
      let name = stage.stage.rawValue
      text += name + String(repeating: " ", count: max(1, 12 - name.count))
      text += stage.reused ? "reused\n" : Rendering.duration(ended - stage.began) + "\n"
    }
    let all = Double(Stopwatch.milliseconds - start) / 1000
    return text + "all         \(Rendering.duration(all))\n"
  }
}
