import Diagnosis
import FileTree
import Glibc
import Sandbox
import Threads

/// A shell in the tree of a workspace that `build --keep` left.
package struct Shell: Sendable {
  var context: HostContext
  var cancellation: Cancellation

  package init(context: HostContext, cancellation: Cancellation) {
    self.context = context
    self.cancellation = cancellation
  }

  /// Returns the shell's exit status. `terminal` stays the caller's. The workspace is removed
  /// afterwards, unless it is to be kept.
  package func run(in directory: String, terminal: CInt, keep: Bool) throws -> Int32 {
    guard access("\(directory)/lock", F_OK) == 0 else {
      throw Report(
        "cannot enter \(directory): it is not a workspace",
        hints: ["`capsem-native build --keep` prints the workspace of a build that failed"])
    }
    let workspace = try Workspace(kept: directory)
    let privilege = try Privilege.owning(workspace.stage.raw)
    let execution = try context.emulators.execution(of: workspace.emulated ?? .host)
    let session = WorkerSession(
      objects: { _ in throw Report("cannot serve objects to a shell") },
      artifacts: { name in
        guard name == "terminal" else { throw Report("cannot make \(name) in a shell") }
        return Descriptor(
          owning: try system("duplicate", "the terminal") { fcntl(terminal, F_DUPFD_CLOEXEC, 3) })
      }, emulator: { try execution.emulator() }, events: { _ in }, cancellation: cancellation)
    let result = try session.run(
      .shell(emulated: execution.emulated), workspace: workspace.stage.raw,
      privilege: privilege.for(execution), executable: context.executable)
    if !keep { try workspace.remove(executable: context.executable) }
    return result.exitStatus
  }
}
