import Diagnosis
import Linting

extension Rendering {
  /// As a terminal shows it: each diagnostic with its line, a mark under the value, and the fix.
  static func validation(_ validation: Validation, width: Int, style: Style) -> String {
    var excerpts = Excerpts(validation: validation, width: width, style: style)
    var text = ""
    for diagnostic in validation.diagnostics {
      let colour: Style.Colour = diagnostic.severity == .error ? .red : .yellow
      let word = "\(diagnostic.severity.rawValue):"
      text += style.paint(colour, word) + String(diagnostic.line.dropFirst(word.count)) + "\n"
      text += excerpts.excerpt(at: diagnostic.position, colour)
      if let hint = diagnostic.hint { text += "  " + style.paint(.cyan, "fix:") + " \(hint)\n" }
      text += "\n"
    }
    return text + validation.summary + "\n"
  }
}

/// ```
///    4 | domains = ["https://acme.example"]
///      |            ^^^^^^^^^^^^^^^^^^^^^^
/// ```
private struct Excerpts {
  let validation: Validation
  let width: Int
  let style: Style
  private var lines: [String: [Substring.UTF8View.SubSequence]] = [:]
  /// The last line that was shown; a hostile one may be long, and have many faults.
  private var last: (file: String, line: Int, scalars: [Unicode.Scalar])?

  init(validation: Validation, width: Int, style: Style) {
    self.validation = validation
    self.width = width
    self.style = style
  }

  mutating func excerpt(at position: SourcePosition, _ colour: Style.Colour) -> String {
    guard !position.isWholeFile, let scalars = scalars(of: position) else { return "" }
    let caret = min(position.column - 1, scalars.count)
    let number = "\(position.line)"
    let gutter = String(repeating: " ", count: max(0, 4 - number.count)) + number + " | "
    let blank = String(repeating: " ", count: gutter.count - 2) + "| "
    let room = max(20, width - gutter.count - 1)
    let window = Window(scalars, around: caret, room: room)
    return style.paint(.dim, gutter) + window.text + "\n" + style.paint(.dim, blank)
      + String(repeating: " ", count: window.before)
      + style.paint(colour, String(repeating: "^", count: window.marked)) + "\n"
  }

  private mutating func scalars(of position: SourcePosition) -> [Unicode.Scalar]? {
    if let last, last.file == position.file, last.line == position.line { return last.scalars }
    if lines[position.file] == nil {
      guard let text = validation.text(of: position.file) else { return nil }
      lines[position.file] = text[...].utf8.split(separator: 10, omittingEmptySubsequences: false)
    }
    guard let lines = lines[position.file], position.line <= lines.count else { return nil }
    let line = Substring(lines[position.line - 1])
    last = (position.file, position.line, Array(line.unicodeScalars))
    return last?.scalars
  }
}

/// The part of a line that is shown, and where its mark goes; counted in columns of a terminal.
private struct Window {
  var text = ""
  var before = 0
  var marked = 0

  /// `room` columns around the scalar `caret`.
  init(_ scalars: [Unicode.Scalar], around caret: Int, room: Int) {
    // What stands before the value gets a third of the room where the line is too long.
    var start = 0
    if !Window.fits(scalars, room) {
      start = caret
      var columns = 0
      while start > 0, columns + scalars[start - 1].mostColumns <= room / 3 {
        start -= 1
        columns += scalars[start].mostColumns
      }
    }
    let end = Window.end(ofValueAt: caret, in: scalars)
    var column = 0
    if start > 0 {
      text += "…"
      column = 1
    }
    for index in start...scalars.count {
      if index == caret { before = column }
      guard index < scalars.count else { break }
      let scalar = scalars[index]
      let shown = scalar == "\t" ? String(repeating: " ", count: 4 - column % 4) : String(scalar).harmlessLine
      let columns = scalar == "\t" ? shown.utf8.count : scalar.columns
      if column + columns > room - 1 && index + 1 < scalars.count {
        text += "…"
        break
      }
      text += shown
      column += columns
      if index >= caret && index < end { marked += columns }
    }
    marked = max(1, marked)
    if text.hasSuffix("\u{fffd}"), scalars.last == "\r" { text.removeLast() }
  }

  private static func fits(_ scalars: [Unicode.Scalar], _ room: Int) -> Bool {
    var columns = 0
    for scalar in scalars {
      columns += scalar.mostColumns
      if columns > room { return false }
    }
    return true
  }

  /// Behind a quoted string, or a word.
  private static func end(ofValueAt start: Int, in scalars: [Unicode.Scalar]) -> Int {
    guard start < scalars.count else { return start + 1 }
    let quote = scalars[start]
    var index = start + 1
    if quote == "\"" || quote == "'" {
      while index < scalars.count, scalars[index] != quote {
        index += scalars[index] == "\\" && quote == "\"" ? 2 : 1
      }
      return min(index + 1, scalars.count)
    }
    let ends: Set<Unicode.Scalar> = [" ", "\t", "\r", ",", "]", "}", "=", "#"]
    while index < scalars.count, !ends.contains(scalars[index]) { index += 1 }
    return index
  }
}

extension Unicode.Scalar {
  /// Of a tab, as far as it may reach.
  fileprivate var mostColumns: Int { self == "\t" ? 4 : columns }

  /// How many a terminal gives it: none for what combines, two for what East Asian scripts and pictures take.
  fileprivate var columns: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    case .format where String(self).harmless == String(self): return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
