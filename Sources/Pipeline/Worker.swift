import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// The worker's main function: takes its order from the outer process and carries it out, as root of
/// its namespaces, in the workspace.
package enum Worker {
  /// Returns the process's exit status.
  package static func main() -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    let link = WorkerLink(channel: Channel(socket: WorkerEntry.control))
    do {
      let result: WorkerResult
      switch try link.start() {
      case .clear: result = try clear()
      case .build(let job): result = try BuildRun(job: job, link: link).run()
      case .compile(let job): result = try CompileRun(job: job, link: link).run()
      case .npm(let order): result = try NpmRun(order: order, link: link).run()
      case .emulate(let machine):
        _ = try link.emulator(of: machine)
        result = WorkerResult(peakMemory: 0)
      case .attempt:
        try MicroBuild.attempt()
        result = WorkerResult(peakMemory: 0)
      case .shell(let machine): result = try shell(link, emulated: machine)
      }
      try link.report(.done(result))
      return 0
    } catch {
      // When nobody hears it any more, there is nobody to tell.
      try? link.report(.failed(Report(of: error)))
      return 1
    }
  }

  private static func clear() throws -> WorkerResult {
    let root = try Descriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: root.raw)
    try writer.removeContent(of: .root)
    return WorkerResult(peakMemory: 0)
  }

  /// A login shell in a kept tree, as the failing step saw it.
  private static func shell(_ link: WorkerLink, emulated machine: Machine?) throws -> WorkerResult {
    let emulator = try link.emulator(of: machine)
    defer { withExtendedLifetime(emulator) {} }
    let terminal = try link.need(.artifact("terminal"))
    let environment = ScriptEnvironment(sourceDate: 0).variables.filter { $0.name != "TERM" }
    let plan = SandboxPlan(
      tree: BuildRun.tree, command: ["/bin/bash", "-i"],
      environment: environment + [("TERM", "xterm-256color")])
    guard case .exited(let status) = try Sandbox.run(plan, terminal: terminal.raw) else {
      return WorkerResult(exitStatus: 1, peakMemory: 0)
    }
    return WorkerResult(exitStatus: status, peakMemory: 0)
  }
}
