import Diagnosis
import Glibc
import Threads

/// Where a command's streams lead to on the host; descriptors that stay the caller's.
package struct HostStreams: Sendable {
  package var input: CInt
  package var output: CInt
  package var errors: CInt

  package init(input: CInt, output: CInt, errors: CInt) {
    self.input = input
    self.output = output
    self.errors = errors
  }
}

/// Milliseconds until a machine that says nothing counts as hung.
package struct BootLimits: Sendable {
  /// From the start to capsem-init's first word.
  package var hello: Int64
  /// From one word to the next, until the command runs.
  package var stage: Int64 = 120_000
  /// The whole run; nil for no limit.
  package var total: Int64?

  package init(_ accelerator: Accelerator, total: Int64? = nil) {
    hello = accelerator == .kvm ? 20_000 : 60_000
    self.total = total
  }
}

/// How a run ended that did not fail.
package enum SessionEnd: Sendable, Equatable {
  case command(CommandStatus)
  /// A signal came before the command ran, or a second one while it did.
  case interrupted(CInt)
}

/// One machine, one command: boots, hands over the order, carries the streams, and ends the machine.
package final class CommandSession {
  private let machine: Machine
  private let order: CommandOrder
  private let streams: HostStreams
  private let limits: BootLimits
  private let wishes: HostWishes
  package private(set) var times = BootTimes()

  private var lastWord: (what: String, time: Int64)?
  private var pumps: (input: InputPump, output: OutputPump, errors: OutputPump)?
  private var exit: (status: CommandStatus, output: UInt64, errors: UInt64)?
  private var toldOfBrokenPipe = false

  /// Starts the machine.
  package init(
    _ plan: MachinePlan, _ files: MachineFiles, order: CommandOrder, streams: HostStreams, limits: BootLimits,
    wishes: HostWishes
  ) throws(BootFailure) {
    self.order = order
    self.streams = streams
    self.limits = limits
    self.wishes = wishes
    machine = try Machine(plan, files)
  }

  /// To the command's end. The machine is gone afterwards, whatever came of it.
  package func run() throws(BootFailure) -> SessionEnd {
    defer {
      machine.kill()
      // What the machine had sent before its end is passed on.
      pumps?.input.end()
      pumps?.output.end()
      pumps?.errors.end()
    }
    while true {
      if let messages = try machine.receive(waiting: exit == nil ? 50 : 5) {
        for message in messages { try heed(message) }
      } else if exit == nil {
        throw failure()
      } else if pumps.map({ $0.output.current.hasEnded && $0.errors.current.hasEnded }) ?? true {
        return try finish()
      } else {
        Stopwatch.pause(milliseconds: 5)
      }
      if let signal = wishes.signal, pumps == nil || wishes.isImpatient { return .interrupted(signal) }
      if pumps != nil { forwardWishes() }
      if try isDrained() { return try finish() }
      try checkTime()
    }
  }

  private func heed(_ message: GuestMessage) throws(BootFailure) {
    let now = machine.age
    switch message {
    case .hello(let version):
      guard version == RunAgent.protocolVersion else { throw BootFailure(.version(version)) }
      times.hello = now
      lastWord = ("the start of capsem-init", now)
    case .stage(let name, let duration):
      times.stages.append(BootTimes.Stage(name: name, duration: duration))
      lastWord = ("stage \(name)", now)
    case .fatal(let stage, let text):
      throw BootFailure(.fatal(stage: stage, text: text), machine.console)
    case .ready:
      times.ready = now
      lastWord = ("the start of the agent", now)
      guard machine.send(.run(order)) else { throw failure() }
    case .started:
      times.started = now
      startPumps()
    case .executionFailed(let code):
      throw BootFailure(.execution(program: order.arguments[0], code: code))
    case .exit(let status, let output, let errors): exit = (status, output, errors)
    }
  }

  private func startPumps() {
    let wishes = wishes
    pumps = (
      InputPump(from: streams.input, to: machine.end(.input)) { wishes.push(.endOfInput($0)) },
      OutputPump(from: machine.end(.standardOutput), to: streams.output),
      OutputPump(from: machine.end(.standardError), to: streams.errors)
    )
  }

  private func forwardWishes() {
    for message in wishes.take() { _ = machine.send(message) }
    guard let pumps, !toldOfBrokenPipe else { return }
    // As if the command itself had written into the pipe that nobody reads.
    if pumps.output.current.isUnwanted || pumps.errors.current.isUnwanted {
      toldOfBrokenPipe = machine.send(.signal(SIGPIPE))
    }
  }

  /// Whether the command has ended and all that it wrote was passed on.
  private func isDrained() throws(BootFailure) -> Bool {
    guard let exit, let pumps else { return false }
    return pumps.output.current.carried >= exit.output && pumps.errors.current.carried >= exit.errors
  }

  private func finish() throws(BootFailure) -> SessionEnd {
    guard let exit, let pumps else { throw failure() }
    times.ended = machine.age
    let (output, errors) = (pumps.output.current, pumps.errors.current)
    times.firstOutput = [output.began, errors.began].compactMap { $0 }.min().map { $0 - machine.started }
    if let problem = output.problem ?? errors.problem { throw BootFailure(.output(problem)) }
    guard output.carried >= exit.output, errors.carried >= exit.errors else { throw failure() }
    // The machine has nothing more to do, and nothing of it is kept: it need not shut down.
    _ = machine.send(.acknowledged, within: 100)
    return .command(exit.status)
  }

  private func failure() -> BootFailure {
    machine.failure(after: times.hello != nil, running: times.started != nil)
  }

  private func checkTime() throws(BootFailure) {
    let now = machine.age
    if let total = limits.total, now > total {
      throw BootFailure(.time(total / 1000, isRunning: times.started != nil), machine.console)
    }
    guard times.started == nil else { return }
    let limit = lastWord == nil ? limits.hello : limits.stage
    if now - (lastWord?.time ?? 0) > limit {
      throw BootFailure(
        .silent(machine.plan.accelerator, after: lastWord?.what, seconds: limit / 1000), machine.console)
    }
  }
}

extension Accelerator {
  /// Whether a machine of `plan` gets as far as capsem-init within `limit` milliseconds. That /dev/kvm is there
  /// says nothing: nested in some other machine it may let guests hang.
  package static func boots(_ plan: MachinePlan, _ files: MachineFiles, within limit: Int64) -> Bool {
    guard let machine = try? Machine(plan, files) else { return false }
    defer { machine.kill() }
    while machine.age < limit {
      guard let messages = try? machine.receive(waiting: 50) else { return false }
      for case .hello in messages { return true }
    }
    return false
  }
}
