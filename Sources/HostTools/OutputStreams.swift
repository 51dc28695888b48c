import Diagnosis
import FileTree
import Glibc
import Threads

/// The pipes that a program writes into, read side by side so that none of them fills up.
final class OutputStreams {
  private(set) var bytes: [[UInt8]]
  private(set) var writing: [CInt] = []
  private var reading: [CInt] = []

  init(count: Int) throws(SystemFailure) {
    bytes = Array(repeating: [], count: count)
    for _ in 0..<count {
      var ends: [CInt] = [-1, -1]
      try system("create", "a pipe") { pipe(&ends) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      reading.append(ends[0])
      writing.append(ends[1])
    }
  }

  deinit {
    closeWriting()
    for end in reading where end >= 0 { close(end) }
  }

  /// The program has its own copies.
  func closeWriting() {
    for end in writing { close(end) }
    writing = []
  }

  /// Reads until every stream has ended, or the process has; answers why it must be killed, if so.
  func collect(until process: pid_t, _ limits: HostTool.Limits, _ cancellation: Cancellation?)
    throws(SystemFailure) -> HostToolFailure.Cause?
  {
    let start = Stopwatch.milliseconds
    while reading.contains(where: { $0 >= 0 }) {
      if cancellation?.isCancelled == true { return .cancelled }
      if let time = limits.time, Stopwatch.milliseconds - start > time { return .tooSlow(time) }
      // A descendant may hold a pipe open after the program itself has ended.
      let hasEnded = hasEnded(process)
      var polls = reading.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = try system("wait for", "output") { poll(&polls, nfds_t(polls.count), hasEnded ? 0 : 100) }
      if ready == 0 && hasEnded { return nil }
      for index in polls.indices where polls[index].revents != 0 {
        try read(index)
        if bytes[index].count > limits.output { return .tooMuch(limits.output) }
      }
    }
    return try waitForEnd(of: process, since: start, limits, cancellation)
  }

  private func waitForEnd(
    of process: pid_t, since start: Int64, _ limits: HostTool.Limits, _ cancellation: Cancellation?
  ) throws(SystemFailure) -> HostToolFailure.Cause? {
    var pause: Int64 = 1
    while !hasEnded(process) {
      if cancellation?.isCancelled == true { return .cancelled }
      if let time = limits.time, Stopwatch.milliseconds - start > time { return .tooSlow(time) }
      Stopwatch.pause(milliseconds: pause)
      pause = min(pause * 2, 50)
    }
    return nil
  }

  /// Without reaping it, so that its number stays its own.
  private func hasEnded(_ process: pid_t) -> Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0
      && information.si_signo == SIGCHLD
  }

  private func read(_ index: Int) throws(SystemFailure) {
    let size = 64 << 10
    let old = bytes[index].count
    var chunk = [UInt8](repeating: 0, count: size)
    let count = try system("read", "output") { Glibc.read(reading[index], &chunk, size) }
    if count == 0 {
      close(reading[index])
      reading[index] = -1
    } else {
      bytes[index].reserveCapacity(old + count)
      bytes[index] += chunk[..<count]
    }
  }
}
