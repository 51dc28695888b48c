import ArgumentParser
import Diagnosis
import Glibc
import Pipeline
import Threads

struct ShellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "Enter a kept workspace as the failing step saw it.",
    discussion:
      "`build --keep` prints the workspace of a build that failed. It goes when the shell ends, unless --keep."
  )

  @Argument(help: "The workspace that `build --keep` printed.", completion: .directory) var workspace: String

  @Flag(help: "Leave the workspace as it is for another shell.") var keep = false

  func run() throws {
    let context = try HostContext.gathered()
    let cancellation = Cancellation()
    let signals = Signals.cancel(cancellation)
    let terminal = try PseudoTerminal()
    let relay = terminal.relay()
    let status = try Shell(context: context, cancellation: cancellation)
      .run(in: absolute(workspace), terminal: terminal.inner, keep: keep)
    relay.end()
    withExtendedLifetime(signals) {}
    throw ExitCode(status)
  }
}
