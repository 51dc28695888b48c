import ArgumentParser
import Diagnosis
import Glibc
import Pipeline
import Sandbox
import Solver

/// The program: one subcommand a verb.
package struct CapsemNative: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "capsem-native",
    abstract:
      "Build verified, reproducible Debian images for capsem's virtual machines, without root or Docker.",
    version: Version.current,
    subcommands: [
      BuildCommand.self, LockCommand.self, MirrorCommand.self, ValidateCommand.self, InspectCommand.self,
      StatusCommand.self, SettingsCommand.self, RunCommand.self, VerifyCommand.self, DiffCommand.self,
      PackCommand.self,
      ShellCommand.self, DoctorCommand.self, InitCommand.self, NewCommand.self, AddCommand.self,
      AuditCommand.self, McpCommand.self, CacheCommand.self, CompletionsCommand.self, ManualCommand.self,
    ])

  package init() {}

  /// All of the program but the worker. `arguments` begin with the program's name.
  package static func main(_ arguments: [String]) -> Int32 {
    // A reader that goes away is an error of a write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    // Names in archives are UTF-8; nothing else of the locale counts.
    setlocale(LC_CTYPE, "C.UTF-8")
    if arguments.dropFirst().first == "__solve" { return solve() }
    return run(Array(arguments.dropFirst()))
  }

  /// The child in which libapt-pkg resolves: JSON from stdin, JSON to stdout.
  private static func solve() -> Int32 {
    var input: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      input.append(contentsOf: buffer[..<count])
    }
    Terminal.write(String(decoding: SolveChild.main(input), as: UTF8.self), to: STDOUT_FILENO)
    return 0
  }

  /// Runs the program and returns its exit status: 0 done; 1 the build, the config or the input failed;
  /// 2 wrong usage; 3 a defect of this program; 128 + N ended by signal N.
  package static func run(_ arguments: [String]) -> Int32 {
    do {
      // Its value is optional, and hence only what is attached to it: `build --timings guest` names a guest.
      var command = try parseAsRoot(arguments.map { $0 == "--timings" ? "--timings=-" : $0 })
      try command.run()
      return 0
    } catch {
      return status(of: error)
    }
  }

  private static func status(of error: any Error) -> Int32 {
    let style = Style.standardError
    switch error {
    case let exit as ExitCode: return exit.rawValue
    case is Interrupted:
      Terminal.say("interrupted\n")
      return Signals.status
    case let error as any Diagnosable:
      let report = Report(of: error)
      Terminal.say(Rendering.report(report, severity: "error", style: style))
      return report.isDefect ? 3 : 1
    default: break
    }
    let code = exitCode(for: error)
    let message = fullMessage(for: error)
    if code == .success {
      // --help and --version are data.
      Terminal.print(message)
      return 0
    }
    if code == .validationFailure || message.contains("Usage:") {
      Terminal.say(message + "\n")
      return 2
    }
    Terminal.say(Rendering.report(Report(of: error), severity: "error", style: style))
    return 3
  }
}

package enum Version {
  package static let current = "0.1.0"
}
