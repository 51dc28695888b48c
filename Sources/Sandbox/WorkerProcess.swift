import CSandbox
import Diagnosis
import FileTree
import Glibc

/// How a worker comes to own files as root and others do.
package enum Tier: String, Sendable, Codable, CaseIterable {
  /// Run as root: no user namespace.
  case root
  /// A user namespace with a range of sub-ids, mapped by newuidmap(1) and newgidmap(1).
  case subuid
  /// Run as root, in a user namespace where every id is itself: root can then have things of its own
  /// that outside of one are the host's.
  case namespacedRoot = "root-namespace"
  /// A user namespace with the caller's own id, which is root there. All other ids are recorded.
  case oneID = "one-id"
}

/// The outer side of a worker: this program, re-executed into namespaces. Letting go of it kills the
/// worker and everything below it, and so does the end of this process, however it ends.
package struct WorkerProcess: ~Copyable {
  /// The stream socket to the worker.
  package let control: Descriptor
  private let lifetime: Descriptor
  private let keeper: pid_t

  /// Maps the ids of the user namespace that process `pid` has just made.
  package typealias MapIDs = (_ pid: pid_t) throws -> Void

  /// `executable` is this program, `workspace` the descriptor of a directory that root of the new
  /// namespace owns. Call it from a thread that lives as long as the worker.
  package init(
    executable: String, tier: Tier, workspace: CInt, mapIDs: MapIDs
  ) throws {
    let sockets = try SocketPair()
    let lives = try SocketPair()
    let keeper = try WorkerProcess.spawn(
      executable, ["__worker", tier.rawValue],
      descriptors: [
        (sockets.theirs.raw, WorkerEntry.control), (workspace, WorkerEntry.workspace),
        (lives.theirs.raw, WorkerEntry.lifetime),
      ])
    let ours = sockets.finishTheirs()
    do {
      if tier != .root {
        try WorkerProcess.expect("U", on: ours.raw)
        try mapIDs(keeper)
        try WorkerProcess.send("M", on: ours.raw)
      }
      try WorkerProcess.expect("R", on: ours.raw)
    } catch {
      kill(keeper, SIGKILL)
      while waitpid(keeper, nil, 0) < 0 && errno == EINTR {}
      throw error
    }
    self.control = ours
    self.lifetime = lives.finishTheirs()
    self.keeper = keeper
  }

  /// Ends the worker if it still runs and returns how it ended; 137 when it was killed. Throws why the
  /// recorder, if it has one, could not go on.
  @discardableResult
  package consuming func end() throws -> ExitStatus {
    shutdown(lifetime.raw, CInt(SHUT_WR))
    var status: CInt = 0
    while waitpid(keeper, &status, 0) < 0 && errno == EINTR {}
    var failure = csandbox_failure()
    let size = MemoryLayout<csandbox_failure>.size
    if recv(lifetime.raw, &failure, size, CInt(MSG_DONTWAIT)) == size { throw SandboxError(failure) }
    return ExitStatus(waitStatus: status)
  }

  /// Gives a directory that the caller owns to root of the worker's user namespace. `mapIDs` maps 0 to
  /// the caller's own ids and 1 to the first sub-ids.
  package static func handOver(directory: CInt, executable: String, mapIDs: MapIDs) throws {
    let sockets = try SocketPair()
    let process = try spawn(
      executable, ["__hand-over"],
      descriptors: [(sockets.theirs.raw, WorkerEntry.control), (directory, WorkerEntry.workspace)])
    let ours = sockets.finishTheirs()
    defer { while waitpid(process, nil, 0) < 0 && errno == EINTR {} }
    do {
      try expect("U", on: ours.raw)
      try mapIDs(process)
      try send("M", on: ours.raw)
      try expect("R", on: ours.raw)
    } catch {
      kill(process, SIGKILL)
      throw error
    }
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], descriptors: [(from: CInt, to: CInt)]
  ) throws -> pid_t {
    // A descriptor that already has its target's number keeps close-on-exec through dup2, and one
    // target must not overwrite another's source: so first all go above the targets.
    let moved = try descriptors.map { pair in
      Moved(try system("duplicate", "a descriptor") { fcntl(pair.from, F_DUPFD_CLOEXEC, 10) })
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (pair, source) in zip(descriptors, moved) {
      posix_spawn_file_actions_adddup2(&actions, source.raw, pair.to)
    }
    var strings: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    // An empty environment: nothing of the caller's reaches the worker.
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var process: pid_t = 0
    let code = withExtendedLifetime(moved) {
      posix_spawn(&process, executable, &actions, nil, &strings, &environment)
    }
    guard code == 0 else { throw SystemFailure("start", executable, code: code) }
    return process
  }

  private static func send(_ byte: Character, on socket: CInt) throws(SystemFailure) {
    var raw = byte.asciiValue!
    try system("send to", "the worker") { Glibc.send(socket, &raw, 1, CInt(MSG_NOSIGNAL)) }
  }

  private static func expect(_ byte: Character, on socket: CInt) throws {
    var raw: UInt8 = 0
    let count = try system("hear from", "the worker") { read(socket, &raw, 1) }
    if count == 1 && raw == byte.asciiValue! { return }
    var failure = csandbox_failure()
    let size = MemoryLayout<csandbox_failure>.size
    if count == 1 && raw == UInt8(ascii: "E"),
      recv(socket, &failure, size, CInt(MSG_WAITALL)) == size
    {
      throw SandboxError(failure)
    }
    throw SandboxError("start the worker", code: ECONNRESET)
  }
}

/// A duplicate that is closed when its owner goes.
private final class Moved {
  let raw: CInt
  init(_ raw: CInt) { self.raw = raw }
  deinit { close(raw) }
}

private struct SocketPair: ~Copyable {
  let ours: Descriptor
  let theirs: Descriptor

  init() throws(SystemFailure) {
    var ends: [CInt] = [-1, -1]
    let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    try system("create", "a socket pair") { socketpair(AF_UNIX, kind, 0, &ends) }
    self.ours = Descriptor(owning: ends[0])
    self.theirs = Descriptor(owning: ends[1])
  }

  consuming func finishTheirs() -> Descriptor { ours }
}
