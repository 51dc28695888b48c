import Diagnosis
import Json

extension EventRecord {
  /// One line without its end: an object with `seconds`, `event`, and of `stage`, `text`, `done`, `total`,
  /// `unit`, `reused` and `hints` those that the event has.
  package var line: String {
    var members: [(String, JSONText)] = []
    func with(_ stage: Stage, _ others: (String, JSONText)...) {
      members = [("stage", .string(stage.rawValue))] + others
    }
    switch event {
    case .turned(let architecture): members = architecture.map { [("text", .string($0))] } ?? []
    case .started(let stage), .waiting(let stage): with(stage)
    case .finished(let stage, let reused): with(stage, ("reused", .boolean(reused)))
    case .advanced(let stage, let done, let total, let unit):
      with(stage, ("done", .number(done)), ("unit", .string(unit.rawValue)))
      if let total { members.append(("total", .number(total))) }
    case .activity(let stage, let text), .began(let stage, let text), .ended(let stage, let text),
      .output(let stage, let text):
      with(stage, ("text", .string(text)))
    case .note(let text): members = [("text", .string(text))]
    case .warning(let report):
      members = [("text", .string(report.summary)), ("hints", .array(report.hints.map(JSONText.string)))]
    }
    return JSONText.object([("seconds", .decimal(seconds)), ("event", .string(name))] + members).line
  }

  private var name: String {
    switch event {
    case .turned: "turned"
    case .started: "started"
    case .finished: "finished"
    case .waiting: "waiting"
    case .advanced: "advanced"
    case .activity: "activity"
    case .began: "began"
    case .ended: "ended"
    case .output: "output"
    case .note: "note"
    case .warning: "warning"
    }
  }

  /// Of a line; nil for one that no version of ours wrote. Of a warning, causes and log are not in it.
  package init?(line: some Collection<UInt8>) {
    guard let json = try? JSONValue(parsing: line), case .number(let seconds)? = json["seconds"],
      let name = json["event"]?.string, let event = EventRecord.event(name, json)
    else { return nil }
    self.init(event, seconds: seconds)
  }

  private static func event(_ name: String, _ json: JSONValue) -> BuildEvent? {
    let text = json["text"]?.string
    switch name {
    case "turned": return .turned(to: text)
    case "note": return text.map(BuildEvent.note)
    case "warning":
      return text.map { .warning(Report($0, hints: json["hints"]?.array?.compactMap(\.string) ?? [])) }
    default: break
    }
    guard let stage = json["stage"]?.string.flatMap(Stage.init) else { return nil }
    switch name {
    case "started": return .started(stage)
    case "waiting": return .waiting(stage)
    case "finished": return .finished(stage, reused: json["reused"] == .boolean(true))
    case "activity": return text.map { .activity(stage, $0) }
    case "began": return text.map { .began(stage, $0) }
    case "ended": return text.map { .ended(stage, $0) }
    case "output": return text.map { .output(stage, $0) }
    case "advanced":
      guard let unit = json["unit"]?.string.flatMap(BuildEvent.Unit.init),
        let done = json["done"]?.whole
      else { return nil }
      return .advanced(stage, done: done, total: json["total"]?.whole, unit: unit)
    default: return nil
    }
  }
}

extension JSONValue {
  fileprivate var whole: Int64? { if case .number(let number) = self { Int64(exactly: number) } else { nil } }
}

extension [EventRecord] {
  /// The ledger as a file: a line an event.
  package var ledger: String { map { $0.line + "\n" }.joined() }

  /// Lines that are none of ours are left out: an old ledger is worth what it tells.
  package init(ledger text: [UInt8]) {
    self = text.split(separator: UInt8(ascii: "\n")).compactMap { EventRecord(line: $0) }
  }

  /// What concerns one architecture of a build: its own events, and those of all.
  package func concerning(_ architecture: String) -> [EventRecord] {
    var current: String?
    return filter { record in
      if case .turned(let name) = record.event { current = name }
      return current == nil || current == architecture
    }
  }
}
