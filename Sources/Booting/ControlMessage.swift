import Glibc

/// What the guest says on the control port: a line each. capsem-init and the agent write them.
package enum GuestMessage: Sendable, Equatable {
  /// capsem-init runs.
  case hello(version: Int)
  /// A stage of capsem-init is done. `duration` in milliseconds.
  case stage(name: String, duration: Int64)
  /// The machine cannot go on, and ends.
  case fatal(stage: String, text: String)
  /// The agent waits for its order.
  case ready
  case started
  /// The command's program could not be executed: an errno.
  case executionFailed(CInt)
  /// The command has ended, after it wrote so many bytes.
  case exit(CommandStatus, output: UInt64, errors: UInt64)

  /// Nil for a line that no version of the protocol has.
  package init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    switch (words.first, words.count) {
    case ("hello", 2):
      guard let version = Int(words[1]) else { return nil }
      self = .hello(version: version)
    case ("stage", 3):
      guard let duration = Int64(words[2]) else { return nil }
      self = .stage(name: words[1], duration: duration)
    case ("fatal", 2...): self = .fatal(stage: words[1], text: words.count > 2 ? words[2] : "")
    case ("ready", 1): self = .ready
    case ("started", 1): self = .started
    case ("execfail", 2):
      guard let code = CInt(words[1]) else { return nil }
      self = .executionFailed(code)
    case ("exit", 3):
      let numbers = line.split(separator: " ").dropFirst().map { UInt64($0) }
      guard numbers.count == 4, let status = numbers[0], let signal = numbers[1],
        let output = numbers[2], let errors = numbers[3], status < 256, signal < 128
      else { return nil }
      self = .exit(
        signal == 0 ? .exited(Int(status)) : .killed(signal: Int(signal)), output: output, errors: errors)
    default: return nil
    }
  }
}

/// How a command in the guest ended.
package enum CommandStatus: Sendable, Equatable {
  case exited(Int)
  case killed(signal: Int)

  /// As a shell says it.
  package var number: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .killed(let signal): 128 + Int32(signal)
    }
  }
}

/// What the host says on the control port.
package enum HostMessage: Sendable, Equatable {
  case run(CommandOrder)
  /// Standard input ends after so many bytes.
  case endOfInput(UInt64)
  case signal(CInt)
  case size(TerminalSize)
  /// All output was read: the machine may end.
  case acknowledged

  package var bytes: [UInt8] {
    switch self {
    case .run(let order):
      let payload = order.payload
      return Array("run \(payload.count)\n".utf8) + payload
    case .endOfInput(let count): return Array("eof \(count)\n".utf8)
    case .signal(let number): return Array("signal \(number)\n".utf8)
    case .size(let size): return Array("size \(size.rows) \(size.columns)\n".utf8)
    case .acknowledged: return Array("ack\n".utf8)
    }
  }
}

package struct TerminalSize: Sendable, Equatable {
  package var rows: UInt16
  package var columns: UInt16

  package init(rows: UInt16, columns: UInt16) {
    self.rows = rows
    self.columns = columns
  }
}

/// Lines out of a stream that comes in pieces of any size.
struct LineSplitter {
  private var pending: [UInt8] = []

  /// Longer than any message; what goes beyond is not one.
  private static let longest = 4096

  /// The lines that `piece` completes.
  mutating func lines(adding piece: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in piece {
      if byte == UInt8(ascii: "\n") {
        lines.append(String(decoding: pending, as: UTF8.self))
        pending = []
      } else if pending.count < LineSplitter.longest {
        pending.append(byte)
      }
    }
    return lines
  }
}
