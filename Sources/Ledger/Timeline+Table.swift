import Diagnosis

extension Timeline {
  /// What `--timings` prints: a line a stage with its begin, its duration and the part of it that the build
  /// had to wait for, the sum, and below it the slowest packages and programs. Stages overlap, so that
  /// durations add up to more than the whole.
  package func table(slowest count: Int = 10) -> String {
    let path = CriticalPath(of: self)
    var rows = [("stage", "began", "took", "critical")]
    for (index, span) in spans.enumerated() {
      if span.reused {
        rows.append((label(of: span), "", "reused", ""))
      } else if let ended = span.ended {
        rows.append(
          (label(of: span), said(span.began), said(ended - span.began), said(path.seconds(of: index))))
      }
    }
    rows.append(("all", "", said(end), ""))
    let name = (rows.map(\.0.count).max() ?? 0) + 2
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    var text = ""
    for row in rows {
      var line = row.0 + String(repeating: " ", count: name - row.0.count)
      line += padded(row.1, 9) + padded(row.2, 11) + padded(row.3, 11)
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    let places = slowest(count, least: 0.1)
    if places.isEmpty { return text }
    text += "slowest\n"
    for place in places {
      let task = self[place]
      text += "  " + padded(said(task.seconds), 9) + "  \(label(of: spans[place.span])) "
      text += task.name.harmlessLine + "\n"
    }
    return text
  }

  private func said(_ seconds: Double) -> String { fixed(seconds, 1) + " s" }
}
