import Diagnosis
import FileTree
import Ledger

/// `ledger.jsonl` beside an architecture's assets: the events of the build that made them. It has times and
/// is therefore no asset: neither manifest nor checksums know it.
package enum BuildLedger {
  static let file = "ledger.jsonl"

  /// Of the last build of this architecture; empty when there is none.
  package static func read(output: String, architecture: String) -> [EventRecord] {
    Outputs.text(of: "\(output)/\(architecture)/\(file)").map { [EventRecord](ledger: $0) } ?? []
  }

  /// Comes after all else, for it tells of all else: what is built is not lost when it cannot be kept.
  static func keep(_ records: [EventRecord], output: String, architecture: String, events: EventHandler) {
    do {
      try Outputs.write(
        records.concerning(architecture).ledger, to: "\(output)/\(architecture)/\(file)")
    } catch {
      events(.warning(Report(of: error)))
    }
  }
}
