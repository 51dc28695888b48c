import Diagnosis
import FileTree
import Glibc

/// What kernel and capsem-init print, in a file that only the emulator writes.
package struct ConsoleLog: Sendable {
  /// Where it lies.
  package let path: String

  package init(path: String) { self.path = path }

  /// The last lines, fit for a terminal; after a panic those that led to it, and not the trace of numbers. A log
  /// that cannot be read shows none: it is never the cause.
  func lastLines(_ count: Int) -> [String] {
    let lines = text.split(whereSeparator: \.isNewline)
    let panic = lines.firstIndex { $0.contains("Kernel panic") }
    return lines[..<(panic.map { $0 + 1 } ?? lines.endIndex)].suffix(count).map { String($0).harmlessLine }
  }

  var tellsOfMemory: Bool { text.contains("Out of memory") }

  var tellsOfDamage: Bool { text.contains("EXT4-fs error") }

  private var text: String {
    guard let file = try? Descriptor(opening: path, O_RDONLY), let bytes = try? readAll(file.raw, named: path)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
