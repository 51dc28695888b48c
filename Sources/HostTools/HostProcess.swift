import CLinux
import Diagnosis
import FileTree
import Glibc

/// A program of the host under way, with descriptors that were named one by one. It is killed with its owner,
/// and by the kernel when this process dies, however that comes.
package final class HostProcess {
  private let tool: HostTool
  private let process: pid_t
  private var status: HostTool.Status?

  /// Starts it in `/`: descriptor i of the new process is descriptors[i], which are lent for the time of the
  /// call. The thread that starts it has to live as long as it: the kernel goes by that.
  package init(
    _ tool: HostTool, _ arguments: [String], environment: [String: String], descriptors: [CInt]
  ) throws(HostToolFailure) {
    let leash = HostTool("setpriv", package: "util-linux")
    guard let path = tool.path else { throw HostToolFailure(tool, .missing) }
    guard let leashPath = leash.path else { throw HostToolFailure(leash, .missing) }
    let argv = CStrings([leashPath, "--pdeathsig", "KILL", "--", path] + arguments)
    let envp = CStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    var process: pid_t = 0
    let code = clinux_spawn(
      leashPath, argv.pointers, envp.pointers, descriptors, descriptors.count, "/", &process)
    guard code == 0 else { throw HostToolFailure(tool, .system(SystemFailure("start", path, code: code))) }
    self.tool = tool
    self.process = process
  }

  deinit { kill() }

  /// How it ended; nil while it runs.
  package func ended() -> HostTool.Status? { reap(WNOHANG) }

  /// Ends it now, with whatever it started.
  package func kill() {
    guard status == nil else { return }
    Glibc.kill(-process, SIGKILL)
    _ = reap(0)
  }

  private func reap(_ options: CInt) -> HostTool.Status? {
    if let status { return status }
    var code: CInt = 0
    while waitpid(process, &code, options) != process {
      if errno != EINTR || options == WNOHANG { return nil }
    }
    status = HostTool.Status(waited: code)
    return status
  }
}
