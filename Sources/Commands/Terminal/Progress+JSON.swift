import Diagnosis
import FoundationEssentials

extension Progress {
  /// One line, keys sorted.
  static func json(_ record: EventRecord) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(record) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
