import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

/// Runs commands in trees. Only a worker can: its working directory is the workspace, and it is root
/// of its user namespace.
package enum Sandbox {
  /// Runs one command to its end and hands its output on in pieces as it comes. Whatever it left
  /// running is killed before this returns. `status` takes what the command writes to descriptor 3.
  package static func run(
    _ plan: SandboxPlan, output: (UnsafeRawBufferPointer) throws -> Void,
    status: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws -> ExitStatus {
    var overlay: String?
    if plan.throwAway { overlay = try prepareOverlay() }
    defer { if let overlay { removeOverlay(overlay) } }
    let outputPipe = try Pipe()
    let statusPipe = try Pipe()
    var result: CInt = -1
    let initialiser = try start(
      plan, overlay, terminal: -1, output: outputPipe.write.raw, status: statusPipe.write.raw, &result)
    let results = Descriptor(owning: result)
    // The step's own copies are what keeps the pipes open.
    let outputEnd = outputPipe.finishWriting()
    let statusEnd = statusPipe.finishWriting()
    do {
      try drain([outputEnd.raw, statusEnd.raw]) { index, bytes in
        if index == 0 { try output(bytes) } else { try status(bytes) }
      }
    } catch {
      kill(initialiser, SIGKILL)
      reap(initialiser)
      throw error
    }
    return try finish(initialiser, results.raw, plan)
  }

  /// Runs one command with `terminal` as its standard streams and controlling terminal.
  package static func run(_ plan: SandboxPlan, terminal: CInt) throws -> ExitStatus {
    var result: CInt = -1
    let initialiser = try start(plan, nil, terminal: terminal, output: terminal, status: -1, &result)
    let results = Descriptor(owning: result)
    return try finish(initialiser, results.raw, plan)
  }

  private static func finish(_ initialiser: pid_t, _ results: CInt, _ plan: SandboxPlan) throws -> ExitStatus
  {
    var waitStatus: CInt = 0
    let count = try system("wait for", "a command") { read(results, &waitStatus, MemoryLayout<CInt>.size) }
    reap(initialiser)
    guard count == MemoryLayout<CInt>.size else {
      throw SandboxError("learn how \(plan.command.first ?? "a command") ended", code: ECHILD)
    }
    return ExitStatus(waitStatus: waitStatus)
  }

  private static func reap(_ process: pid_t) {
    while waitpid(process, nil, 0) < 0 && errno == EINTR {}
  }

  private static func start(
    _ plan: SandboxPlan, _ overlay: String?, terminal: CInt, output: CInt, status: CInt, _ result: inout CInt
  ) throws -> pid_t {
    var failure = csandbox_failure()
    let loans = (plan.lent.map { [SandboxPlan.Loan($0, as: CSANDBOX_LENT)] } ?? []) + plan.loans
    let places = loans.flatMap { [$0.source, $0.target] }
    let process = withCStrings(plan.silenced) { silenced in
      withCStrings(plan.command) { arguments in
        withCStrings(plan.environment.map { "\($0.name)=\($0.value)" }) { environment in
          withCStrings([plan.tree, plan.directory] + places) { paths in
            withOptionalCString(overlay) { overlay in
              silenced.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: plan.silenced.count + 1) {
                silenced in
                let lent = loans.indices.map { index in
                  csandbox_loan(
                    source: paths[2 + 2 * index], target: paths[3 + 2 * index],
                    is_writable: loans[index].isWritable ? 1 : 0)
                }
                return lent.withUnsafeBufferPointer { lent in
                  var step = csandbox_step(
                    root: paths[0], overlay: overlay, silenced: silenced, loans: lent.baseAddress,
                    loan_count: CInt(lent.count), arguments: arguments, environment: environment,
                    directory: paths[1], terminal: terminal, output: output, status: status)
                  return csandbox_start(&step, &result, &failure)
                }
              }
            }
          }
        }
      }
    }
    guard process > 0 else { throw SandboxError(failure) }
    return process
  }

  /// Reads the pipes until all are at their end: when the command has ended, whatever inherited them
  /// is dead, too.
  private static func drain(
    _ pipes: [CInt], _ body: (_ index: Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    // poll(2) passes over negative descriptors.
    var polled = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while polled.contains(where: { $0.fd >= 0 }) {
      try system("wait for", "a command") { poll(&polled, nfds_t(polled.count), -1) }
      for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
        let count = try system("read from", "a command") {
          read(polled[index].fd, buffer.baseAddress, buffer.count)
        }
        if count == 0 {
          polled[index].fd = -1
        } else {
          try body(index, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    }
  }

  private static let overlayName = "overlay"

  /// In memory, for the workspace may itself lie on an overlay, as it does in a container, and the kernel
  /// takes no overlay to write another one to.
  private static func prepareOverlay() throws -> String {
    try system("create", overlayName) { mkdir(overlayName, 0o755) }
    try system("mount a tmpfs on", overlayName) { mount("tmpfs", overlayName, "tmpfs", 0, "mode=0755") }
    for part in ["upper", "work", "merged"] {
      try system("create", "\(overlayName)/\(part)") { mkdir("\(overlayName)/\(part)", 0o755) }
    }
    return overlayName
  }

  private static func removeOverlay(_ name: String) {
    // What stays behind goes with the worker.
    umount2(name, CInt(MNT_DETACH))
    rmdir(name)
  }
}

/// Both ends of a pipe(2).
struct Pipe: ~Copyable {
  let read: Descriptor
  let write: Descriptor

  init() throws(SystemFailure) {
    var ends: [CInt] = [-1, -1]
    try system("create", "a pipe") { clinux_pipe(&ends) }
    self.read = Descriptor(owning: ends[0])
    self.write = Descriptor(owning: ends[1])
  }

  /// Closes the writing end.
  consuming func finishWriting() -> Descriptor { read }
}

private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  if let string { string.withCString(body) } else { body(nil) }
}
