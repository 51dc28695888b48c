import Diagnosis
import FileTree
import Glibc

/// What is read from a descriptor, to its end or line by line.
struct InputLines {
  private let descriptor: CInt
  private let limit: Int
  private var pending: [UInt8] = []
  private var searched = 0
  private var hasEnded = false

  enum Line {
    /// Without its end.
    case bytes(ArraySlice<UInt8>)
    /// Longer than the limit; it was read to its end and let go.
    case tooLong
  }

  /// Lines of at most `limit` bytes.
  init(descriptor: CInt, limit: Int) {
    self.descriptor = descriptor
    self.limit = limit
  }

  /// Nil at the end of the input. A last line needs no end.
  mutating func next() throws(SystemFailure) -> Line? {
    var isTooLong = false
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = pending[..<end]
        pending = Array(pending[(end + 1)...])
        searched = 0
        return isTooLong || line.count > limit ? .tooLong : .bytes(line)
      }
      searched = pending.count
      if searched > limit {
        isTooLong = true
        pending = []
        searched = 0
      }
      if hasEnded {
        defer { pending = [] }
        searched = 0
        if isTooLong { return .tooLong }
        return pending.isEmpty ? nil : .bytes(pending[...])
      }
      let more = try InputLines.read(descriptor)
      hasEnded = more.isEmpty
      pending += more
    }
  }

  /// Everything up to the end.
  static func all(of descriptor: CInt) throws(SystemFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try read(descriptor)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  private static func read(_ descriptor: CInt) throws(SystemFailure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = try system("read", "standard input") { Glibc.read(descriptor, &buffer, buffer.count) }
    buffer.removeLast(buffer.count - count)
    return buffer
  }
}
