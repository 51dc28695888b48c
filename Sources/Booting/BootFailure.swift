import Diagnosis
import Glibc
import HostTools

/// Why a machine did not run its command to the end, with the console's last words.
package struct BootFailure: Diagnosable {
  package var cause: Cause
  package var consoleLines: [String]
  package var log: String?

  package enum Cause: Sendable, Equatable {
    /// The emulator ended, before the guest said anything.
    case emulator(HostTool, HostTool.Status, messages: String)
    /// The machine ended, before capsem-init ran.
    case kernel
    /// Nothing was heard of capsem-init, or after what it said last, for so many seconds.
    case silent(Accelerator, after: String?, seconds: Int64)
    /// capsem-init or the agent said that it cannot go on.
    case fatal(stage: String, text: String)
    /// The initrd speaks another version than this program.
    case version(Int)
    case execution(program: String, code: CInt)
    /// The machine ended while the command ran.
    case lost(HostTool.Status?)
    /// Not done after so many seconds.
    case time(Int64, isRunning: Bool)
    /// What the command wrote could not be written here.
    case output(SystemFailure)
    case system(SystemFailure)
    case tool(HostToolFailure)
  }

  init(_ cause: Cause, _ console: ConsoleLog? = nil) {
    self.cause = cause
    consoleLines = console?.lastLines(BootFailure.shownLines) ?? []
    log = consoleLines.isEmpty ? nil : console?.path
    switch cause {
    case .lost, .emulator, .kernel:
      notes =
        console?.tellsOfMemory == true ? ["the guest ran out of memory; give it more with --memory"] : []
    default: notes = []
    }
    if console?.tellsOfDamage == true { notes.append("the root image is damaged; build it again") }
  }

  private var notes: [String]
  private static let shownLines = 20

  /// For the exit status of `run`: as timeout(1), env(1) and shells say it.
  package var status: Int32 {
    switch cause {
    case .time: 124
    case .execution(_, let code): code == ENOENT ? 127 : 126
    default: 125
    }
  }

  package var summary: String {
    switch cause {
    case .emulator(let tool, .exited(let status), _):
      "cannot start the machine: \(tool.name) exited with status \(status)"
    case .emulator(let tool, .killed(let signal), _):
      "cannot start the machine: \(tool.name) was ended by signal \(signal)"
    case .kernel: "cannot boot: the kernel stopped before capsem-init ran"
    case .silent(_, nil, let seconds): "cannot boot: nothing heard of capsem-init within \(seconds) seconds"
    case .silent(_, let last?, let seconds): "cannot boot: nothing heard for \(seconds) seconds after \(last)"
    case .fatal(let stage, let text): "cannot boot: \(stage): \(text)"
    case .version(let version):
      "cannot boot: the initrd speaks version \(version) of the control protocol, "
        + "and this program version \(RunAgent.protocolVersion)"
    case .execution(let program, let code): "cannot run \(program): \(String(cString: strerror(code)))"
    case .lost(.killed(let signal)?):
      "cannot finish the command: the emulator was ended by signal \(signal)"
    case .lost: "cannot finish the command: the machine stopped while it ran"
    case .time(let seconds, let isRunning):
      "cannot \(isRunning ? "finish the command" : "boot"): not done after \(seconds) seconds"
    case .output(let failure), .system(let failure): failure.summary
    case .tool(let failure): failure.summary
    }
  }

  package var causes: [String] {
    let first: [String] =
      switch cause {
      case .emulator(_, _, let messages):
        messages.split(separator: "\n").suffix(5).map { String($0).harmlessLine }
      case .tool(let failure): failure.causes
      default: []
      }
    if case .execution = cause { return [] }
    return first + consoleLines.map { "console: \($0)" }
  }

  package var hints: [String] {
    let own: [String] =
      switch cause {
      case .tool(let failure): failure.hints
      case .output(let failure), .system(let failure): failure.hints
      case .silent(.kvm, _, _): ["--accel tcg does without the processor's virtualization"]
      case .version: ["build the initrd again: capsem-native build --template initrd"]
      case .kernel: ["kernel and initrd have to be of one build: capsem-native build --template all"]
      default: []
      }
    return own + notes
  }
}
