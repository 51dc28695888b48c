/// Cuts a stream of bytes into lines.
package struct LineBuffer {
  private var pending: [UInt8] = []

  package init() {}

  package mutating func append(_ bytes: UnsafeRawBufferPointer, _ body: (Substring) -> Void) {
    pending.append(contentsOf: bytes)
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      body(Substring(decoding: pending[..<end], as: UTF8.self))
      pending.removeSubrange(...end)
    }
    // A command that prints no line end must not fill the memory.
    if pending.count > 1 << 16 { finish(body) }
  }

  package mutating func finish(_ body: (Substring) -> Void) {
    if !pending.isEmpty { body(Substring(decoding: pending, as: UTF8.self)) }
    pending.removeAll()
  }
}
