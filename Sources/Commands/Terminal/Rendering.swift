import Diagnosis
import Ledger

/// Words for people: pure functions from values to text.
enum Rendering {
  /// Control characters of what packages and mirrors say must not reach the terminal.
  static func harmless(_ text: String) -> String { text.harmless }

  /// ```
  /// error: cannot configure ca-certificates: postinst exited with status 127
  ///   cause: update-ca-certificates: not found
  ///   log:   …/logs/configure.log
  /// hint: openssl is not in the package list
  /// ```
  static func report(_ report: Report, severity: String, style: Style) -> String {
    var text =
      style.paint(severity == "error" ? .red : .yellow, "\(severity):") + " " + report.summary.harmlessLine
    for cause in report.causes { text += "\n  cause: " + cause.harmlessLine }
    if let log = report.log { text += "\n  log:   " + log.harmlessLine }
    for hint in report.hints { text += "\n" + style.paint(.cyan, "hint:") + " " + hint.harmlessLine }
    return text + "\n"
  }

  /// "1.2 s", "2 min 5 s"
  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return "\(fixed(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60) s"
  }

  /// "640 B", "12.3 MB": decimal units, as disk makers and mirrors count.
  static func bytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1000 || unit == "GB" { return unit == "B" ? "\(count) B" : "\(fixed(value, 1)) \(unit)" }
      value /= 1000
    }
    return "\(count) B"
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    let scaled = Int((value * 10).rounded())
    return digits == 1 ? "\(scaled / 10).\(scaled % 10)" : "\(value)"
  }

  /// "12.3 MB of 40.0 MB", "13/170"; when all is done, without the total.
  static func amount(_ amount: Timeline.Amount) -> String {
    let done = amount.unit == .bytes ? bytes(amount.done) : "\(amount.done)"
    guard let total = amount.total, total != amount.done else { return done }
    return amount.unit == .bytes ? "\(done) of \(bytes(total))" : "\(done)/\(total)"
  }
}

/// Colour, or none: `NO_COLOR` and what is not a terminal get plain text.
struct Style: Sendable {
  var colour: Bool

  enum Colour: String { case red = "31", green = "32", yellow = "33", cyan = "36", dim = "2" }

  func paint(_ colour: Colour, _ text: String) -> String {
    self.colour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
  }
}
