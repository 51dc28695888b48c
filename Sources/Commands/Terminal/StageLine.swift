import CLinux
import Diagnosis
import Ledger

/// One line about a stage: what it has done, and while it runs a bar and how long it will go on.
struct StageLine {
  struct Piece { var text: String, colour: Style.Colour? }

  private(set) var pieces: [Piece] = []

  /// A stage that has ended; for any width.
  init(finished span: Timeline.Span, of timeline: Timeline) {
    add(StageLine.padded(timeline.label(of: span)))
    let took = (span.ended ?? span.began) - span.began
    if let amount = span.amount {
      add(Rendering.amount(amount))
      let busy = took - span.waited(until: span.ended ?? span.began)
      if amount.unit == .bytes && busy > 0.2 {
        add(", \(Rendering.bytes(Int64(Double(amount.done) / busy)))/s")
      }
      add("  ")
    }
    add(span.reused ? "reused" : Rendering.duration(took))
  }

  /// A stage under way, for a terminal of so many columns.
  init(
    running span: Timeline.Span, of timeline: Timeline, estimate: Estimate, at now: Double, columns: Int
  ) {
    add("▸", .cyan)
    add(" " + StageLine.padded(timeline.label(of: span)))
    if let amount = span.amount {
      if let total = amount.total, total > 0 { addBar(Double(amount.done) / Double(total), columns) }
      add(Rendering.amount(amount))
      if amount.unit == .bytes, let rate = estimate.rate(of: span.stage, at: now) {
        add(", \(Rendering.bytes(Int64(rate)))/s")
      }
      add("  ")
    }
    add(Rendering.duration(now - span.began))
    if let left = estimate.remaining(span, at: now) {
      add(", about \(StageLine.rounded(left)) left")
    } else if span.amount == nil, let before = estimate.earlier(span.stage), before > 5 {
      add(", last time \(Rendering.duration(before))")
    }
    add("  " + (span.waitsSince == nil ? span.activity.harmlessLine : "waiting"), .dim)
  }

  var text: String { pieces.map(\.text).joined() }

  /// At most so many columns of it, painted; and how many it has.
  func fitted(to columns: Int, style: Style) -> (text: String, columns: Int) {
    var result = ""
    var taken = 0
    for piece in pieces {
      var shown = ""
      for character in piece.text {
        let width = StageLine.columns(of: character)
        if taken + width > columns { break }
        taken += width
        shown.append(character)
      }
      if !shown.isEmpty { result += piece.colour.map { style.paint($0, shown) } ?? shown }
      if shown.count < piece.text.count { break }
    }
    return (result, taken)
  }

  private static func columns(of character: Character) -> Int {
    character.unicodeScalars.first.map { max(0, Int(clinux_columns($0.value))) } ?? 0
  }

  // MARK: Parts

  private mutating func add(_ text: String, _ colour: Style.Colour? = nil) {
    pieces.append(Piece(text: text, colour: colour))
  }

  /// Narrow terminals get a short bar, and very narrow ones none: the numbers say more.
  private mutating func addBar(_ share: Double, _ columns: Int) {
    let width = columns >= 90 ? 24 : columns >= 60 ? 12 : 0
    if width == 0 { return }
    let full = Int((min(1, max(0, share)) * Double(width)).rounded(.down))
    add(String(repeating: "━", count: full), .green)
    add(String(repeating: "─", count: width - full), .dim)
    add(" ")
  }

  private static func padded(_ name: String) -> String {
    name + String(repeating: " ", count: max(1, 11 - name.count))
  }

  /// As exact as an estimate is: to one second below ten, then to five and to ten.
  private static func rounded(_ seconds: Double) -> String {
    let step = seconds < 10 ? 1.0 : seconds < 60 ? 5 : 10
    let whole = Int((seconds / step).rounded(.up) * step)
    return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
  }
}
