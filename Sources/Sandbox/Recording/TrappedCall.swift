import CSandbox
import Diagnosis
import Glibc

/// A system call that waits for its answer.
struct TrappedCall {
  let listener: CInt
  private let raw: csandbox_trapped

  /// How a call ends, but for a `Refusal`.
  enum Answer {
    case value(Int64)
    /// The kernel does it, as it was made.
    case pass
    /// The thread gets a copy of a descriptor, which is closed here.
    case descriptor(CInt, closesOnExec: Bool)
  }

  /// Takes the next call from the listener; nil when its thread was killed meanwhile.
  static func next(from listener: CInt) throws(SystemFailure) -> TrappedCall? {
    var raw = csandbox_trapped()
    let count = try system("receive a call from", "the worker") { csandbox_receive(listener, &raw) }
    return count == 0 ? nil : TrappedCall(listener: listener, raw: raw)
  }

  var thread: pid_t { raw.thread }
  var call: csandbox_call { raw.call }

  /// By place, as csandbox_recorder.h lists them.
  subscript(index: Int) -> UInt64 {
    withUnsafeBytes(of: raw.arguments) { $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
  }

  /// An argument that the kernel reads as an `int`, or as an id.
  func int(_ index: Int) -> CInt { CInt(truncatingIfNeeded: self[index]) }
  func id(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: self[index]) }

  // MARK: Memory

  /// Refused with EFAULT where there is no such memory.
  func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws {
    try check(csandbox_read_memory(thread, address, bytes.baseAddress, bytes.count))
  }

  func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws {
    // Whatever has the thread's number now, it is not who asked.
    guard isWaiting else { throw Gone() }
    try check(csandbox_write_memory(thread, address, bytes.baseAddress, bytes.count))
  }

  func readPath(_ address: UInt64, into path: UnsafeMutableBufferPointer<CChar>) throws {
    try check(csandbox_read_path(thread, address, path.baseAddress, path.count))
  }

  private func check(_ result: CInt) throws {
    if result == 0 { return }
    let code = errno
    switch code {
    case EFAULT, ENAMETOOLONG: throw Refusal(code)
    case ESRCH: throw Gone()
    default: throw SystemFailure("look into", "process \(thread)", code: code)
    }
  }

  // MARK: Answers

  var isWaiting: Bool { csandbox_still_waits(listener, raw.id) != 0 }

  func end(with answer: Answer) throws(SystemFailure) {
    switch answer {
    case .value(let value):
      try system("answer", "process \(thread)") { csandbox_answer(listener, raw.id, value, 0) }
    case .pass: try system("answer", "process \(thread)") { csandbox_pass(listener, raw.id) }
    case .descriptor(let descriptor, let closesOnExec):
      let result = csandbox_answer_descriptor(listener, raw.id, descriptor, closesOnExec ? 1 : 0)
      let code = errno
      close(descriptor)
      // EMFILE is the thread's own.
      if result != 0 && code != ENOENT { try refuse(code) }
    }
  }

  func refuse(_ code: CInt) throws(SystemFailure) {
    try system("answer", "process \(thread)") { csandbox_answer(listener, raw.id, 0, code) }
  }
}
