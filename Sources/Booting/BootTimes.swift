/// When a machine got how far: milliseconds since the emulator was started, nil for what has not come.
package struct BootTimes: Sendable, Equatable {
  /// capsem-init spoke: firmware and kernel are done.
  package var hello: Int64?
  /// What capsem-init did, and how long it took.
  package var stages: [Stage] = []
  package var ready: Int64?
  package var started: Int64?
  package var firstOutput: Int64?
  package var ended: Int64?

  package struct Stage: Sendable, Equatable {
    package var name: String
    package var duration: Int64

    package init(name: String, duration: Int64) {
      self.name = name
      self.duration = duration
    }
  }

  package init() {}

  /// A table, one line a stage: what it was, how long it took, and when it was done.
  package var text: String {
    var rows: [(name: String, duration: Int64?, end: Int64?)] = []
    rows.append(("kernel", hello, hello))
    rows += stages.map { ($0.name, $0.duration, nil) }
    rows.append(("ready", nil, ready))
    rows.append(("first output", nil, firstOutput))
    if let started, let ended { rows.append(("command", ended - started, ended)) }
    func column(_ number: Int64?) -> String {
      let text = number.map { "\($0) ms" } ?? ""
      return String(repeating: " ", count: max(0, 12 - text.count)) + text
    }
    let width = rows.map(\.name.count).max() ?? 0
    return rows.filter { $0.duration != nil || $0.end != nil }.map { row in
      let name = row.name + String(repeating: " ", count: width - row.name.count)
      return name + column(row.duration) + (row.end == nil ? "" : column(row.end)) + "\n"
    }.joined()
  }
}
