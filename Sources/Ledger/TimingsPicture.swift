import Diagnosis

/// A build over time as an SVG document: a bar a stage, below it the slowest things that the stage did, and
/// the critical path. The same timeline gives the same bytes. Its colours follow the reader's preference for
/// light or dark.
package struct TimingsPicture: Sendable {
  private let timeline: Timeline
  private let path: CriticalPath
  private let rows: [Row]

  private struct Row { var span: Int, task: Int? }

  private enum Size {
    static let width = 960.0
    /// Where time begins, and ends.
    static let left = 220.0
    static let right = 880.0
    static let top = 64.0
    static let row = 22.0
    static let bar = 15.0
    /// The critical path, along the lower edge of a bar.
    static let stripe = 5.0
  }

  /// `count` is how many slow things are shown at most.
  package init(of timeline: Timeline, slowest count: Int = 16) {
    self.timeline = timeline
    path = CriticalPath(of: timeline)
    // What is too short to be seen is left out.
    let slow = timeline.slowest(count, least: timeline.end / 100)
    rows = timeline.spans.indices.flatMap { span in
      guard !timeline.spans[span].reused, timeline.spans[span].ended != nil else { return [Row]() }
      let tasks = slow.filter { $0.span == span }.map(\.task).sorted()
      return [Row(span: span, task: nil)] + tasks.map { Row(span: span, task: $0) }
    }
  }

  package var svg: String {
    let height = Size.top + Double(rows.count) * Size.row + 44
    let size = "\(said(Size.width)) \(said(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(said(Size.width))" \
      height="\(said(height))" role="img" aria-labelledby="title">
      <title id="title">A build of \(fixed(timeline.end, 1)) seconds, stage by stage</title>
      \(TimingsPicture.style)
      <rect class="page" width="\(said(Size.width))" height="\(said(height))"/>
      <text class="head" x="16" y="26">\(fixed(timeline.end, 1)) s</text>
      \(legend)\(axis(height))\(links)\(rows.enumerated().map { bars($1, at: $0) }.joined())</svg>

      """
  }

  private static let style = """
    <style>
    text { font: 12px system-ui, sans-serif; fill: #24292f; paint-order: stroke; stroke: #ffffff; stroke-width: 4; }
    .page { fill: #ffffff; } .head { font-size: 16px; font-weight: 600; } .task, .tick { fill: #57606a; }
    .grid { stroke: #d0d7de; } .end { text-anchor: end; } .middle { text-anchor: middle; }
    .stage-bar { fill: #54aeff; } .task-bar { fill: #a9d6ff; } .wait { fill: #d0d7de; }
    .critical { fill: #d1570f; } .link { stroke: #d1570f; stroke-width: 1.5; fill: none; }
    @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; stroke: #0d1117; } .page { fill: #0d1117; } .task, .tick { fill: #9198a1; } .grid { stroke: #30363d; }
    .stage-bar { fill: #1f6feb; } .task-bar { fill: #1b4b8f; } .wait { fill: #3d444d; }
    .critical { fill: #f0883e; } .link { stroke: #f0883e; }
    }
    </style>
    """

  // MARK: Parts

  private var legend: String {
    let words = [
      ("stage-bar", "stage"), ("task-bar", "part of it"), ("wait", "waiting"), ("critical", "critical path"),
    ]
    return words.enumerated().map { index, word in
      let x = 480 + Double(index) * 100
      return """
        <rect class="\(word.0)" x="\(said(x))" y="15" width="12" height="12"/>\
        <text x="\(said(x + 18))" y="26">\(word.1)</text>

        """
    }.joined()
  }

  /// At most ten lines, at round numbers of seconds.
  private func axis(_ height: Double) -> String {
    var step = 0.001
    for factor in [2, 2.5, 2].cycled(18) where timeline.end / step > 10 { step *= factor }
    let digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3
    var text = ""
    for number in 0...Int(timeline.end / step) {
      let x = said(place(Double(number) * step))
      text += """
        <line class="grid" x1="\(x)" y1="\(said(Size.top - 8))" x2="\(x)" y2="\(said(height - 34))"/>\
        <text class="tick middle" x="\(x)" y="\(said(Size.top - 14))">\(fixed(Double(number) * step, digits)) s</text>

        """
    }
    return text
  }

  private func bars(_ row: Row, at number: Int) -> String {
    let span = timeline.spans[row.span]
    let y = Size.top + Double(number) * Size.row
    var text: String
    let end: Double
    if let index = row.task {
      let task = span.tasks[index]
      end = task.ended ?? task.began
      text = label(task.name, class: "task end", y)
      text += bar(
        "task-bar", Timeline.Interval(began: task.began, ended: end), y,
        titled: "\(span.stage.rawValue) \(task.name)")
    } else {
      end = span.ended ?? span.began
      text = label(timeline.label(of: span), class: "end", y)
      text += bar(
        "stage-bar", Timeline.Interval(began: span.began, ended: end), y, titled: span.stage.rawValue)
      for wait in span.waits { text += bar("wait", wait, y, titled: "\(span.stage.rawValue) waits") }
    }
    for step in path.steps where step.span == row.span && (row.task == nil || step.task == row.task) {
      let task = step.task.map { " " + span.tasks[$0].name } ?? ""
      text += bar(
        "critical", step.interval, y + Size.bar - Size.stripe, Size.stripe, titled: span.stage.rawValue + task
      )
    }
    let seconds = row.task.map { span.tasks[$0].seconds } ?? end - span.began
    return text
      + "<text x=\"\(said(place(end) + 6))\" y=\"\(said(y + 11))\">\(fixed(seconds, 1)) s</text>\n"
  }

  private func label(_ text: String, class name: String, _ y: Double) -> String {
    let shown = text.count > 30 ? text.prefix(29) + "…" : text[...]
    return
      "<text class=\"\(name)\" x=\"\(said(Size.left - 10))\" y=\"\(said(y + 11))\">\(escaped(shown))</text>\n"
  }

  private func bar(
    _ name: String, _ interval: Timeline.Interval, _ y: Double, _ height: Double = Size.bar,
    titled title: String
  ) -> String {
    let x = place(interval.began)
    return """
      <rect class="\(name)" x="\(said(x))" y="\(said(y))" width="\(said(max(0.5, place(interval.ended) - x)))" \
      height="\(said(height))"><title>\(escaped(title)): \(fixed(interval.seconds, 2)) s, from \
      \(fixed(interval.began, 2)) s</title></rect>

      """
  }

  /// From a stage on the critical path to the one that went on when it had ended.
  private var links: String {
    var places: [Int: Double] = [:]
    for (number, row) in rows.enumerated() where row.task == nil {
      places[row.span] = Size.top + Double(number) * Size.row + Size.bar - Size.stripe / 2
    }
    return zip(path.steps, path.steps.dropFirst()).map { step, next in
      guard step.span != next.span, let from = places[step.span], let to = places[next.span] else {
        return ""
      }
      let (x, end) = (said(place(step.interval.ended)), said(place(next.interval.began)))
      return "<path class=\"link\" d=\"M\(x) \(said(from)) V\(said(to)) H\(end)\"/>\n"
    }.joined()
  }

  // MARK: Numbers and text

  private func place(_ seconds: Double) -> Double {
    Size.left + (timeline.end > 0 ? seconds / timeline.end : 0) * (Size.right - Size.left)
  }

  private func said(_ value: Double) -> String {
    value.rounded() == value ? "\(Int(value))" : fixed(value, 1)
  }

  /// Names come from archives: no control characters, which XML has no words for, and no markup.
  private func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for character in String(text).harmlessLine.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

extension [Double] {
  /// Its elements again and again, `count` in all.
  fileprivate func cycled(_ count: Int) -> [Double] { (0..<count).map { self[$0 % self.count] } }
}
