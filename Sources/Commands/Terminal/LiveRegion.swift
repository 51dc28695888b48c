/// The lines at the lower end of a terminal that are drawn again and again; the cursor stays below them.
/// Nothing of the terminal's state is changed, so that there is nothing to restore however the program ends.
struct LiveRegion {
  /// Columns of each line that is on the screen.
  private var drawn: [Int] = []
  private var columns = 0

  /// What to write for the next picture, as a whole: `above` stays and scrolls away, `lines` take the place of
  /// the last picture's. Empty when there is nothing to change.
  mutating func frame(above: [String], lines: [StageLine], in size: Terminal.Size, style: Style) -> String {
    if above.isEmpty && lines.isEmpty && drawn.isEmpty { return "" }
    // The last column stays free: a terminal that was written to its edge may be on the next line already.
    let shown = lines.suffix(max(1, size.rows - 1)).map { $0.fitted(to: size.columns - 1, style: style) }
    var text = "\r"
    let rows = occupiedRows(in: size)
    if rows > 0 { text += "\u{1b}[\(rows)A" }
    // Lines that were broken by a smaller window are not where they were written.
    if size.columns < columns { text += "\u{1b}[J" }
    for line in above + shown.map(\.text) { text += line + "\u{1b}[K\n" }
    text += "\u{1b}[J"
    drawn = shown.map(\.columns)
    columns = size.columns
    return text
  }

  /// In a window that became narrower, terminals break lines anew. None of it is above the first row.
  private func occupiedRows(in size: Terminal.Size) -> Int {
    let rows = drawn.reduce(0) { $0 + max(1, ($1 + size.columns - 1) / size.columns) }
    return min(rows, size.rows - 1)
  }
}
