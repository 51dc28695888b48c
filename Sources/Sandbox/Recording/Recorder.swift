import CSandbox
import Diagnosis
import FileTree
import Glibc

/// Answers the calls of a worker whose user namespace has one id, so that for everything in it all ids exist:
/// chown(2) records whom a file belongs to, stat(2) says it, set*id(2) and get*id(2) do so for processes, and
/// what a process creates is its own. So it is with access lists. The kernel does the rest of each call, with
/// root's id.
///
/// Permissions are root's for everybody: a process that has become another user is refused nothing. Not
/// answered are the ids that /proc and sockets show.
final class Recorder {
  var ledger = OwnerLedger()
  var credentials = CredentialTable()
  let paths = ThreadPaths()
  private var isResumed = false

  /// Takes one call and answers it. What it throws ends the worker: a call must not be answered wrongly.
  func answer(_ listener: CInt, workspace: CInt) throws {
    if !isResumed {
      isResumed = true
      try ledger.load(from: workspace)
    }
    guard let call = try TrappedCall.next(from: listener) else { return }
    do {
      try call.end(with: try answer(to: call))
    } catch let refusal as Refusal {
      try call.refuse(refusal.code)
    } catch is Gone {
      // Nobody waits.
    }
  }

  /// Leaves the ledger in the workspace, unless that is empty: a build that failed may be kept for whoever
  /// looks around in its tree.
  func finish(_ workspace: CInt) {
    do {
      if try OwnerLedger.isEmpty(workspace) { return }
      try ledger.save(in: workspace)
    } catch {
      // Better none than half of one.
      OwnerLedger.remove(from: workspace)
    }
  }

  private func answer(to call: TrappedCall) throws -> TrappedCall.Answer {
    switch call.call {
    case CSANDBOX_CHOWN: try chown(call)
    case CSANDBOX_STAT: try stat(call)
    case CSANDBOX_STATX: try statx(call)
    case CSANDBOX_OPEN: try open(call, flags: call[2], mode: call[3])
    case CSANDBOX_OPEN_HOW: try openHow(call)
    case CSANDBOX_MKDIR:
      try create(call) { mkdirat($0, $1, mode_t(truncatingIfNeeded: call[2])) }
    case CSANDBOX_SYMLINK: try symlink(call)
    case CSANDBOX_MKNOD: try mknod(call)
    case CSANDBOX_SETXATTR: try setAttribute(call)
    case CSANDBOX_GETXATTR: try attribute(call)
    case CSANDBOX_EXECUTE: try execute(call)
    default: try identify(call)
    }
  }

  /// The calls of credentials(7).
  private func identify(_ call: TrappedCall) throws -> TrappedCall.Answer {
    var who = try credentials.credentials(of: call.thread)
    let before = who
    var answer = TrappedCall.Answer.value(0)
    switch call.call {
    case CSANDBOX_GETUID: return .value(Int64(who.user.real))
    case CSANDBOX_GETEUID: return .value(Int64(who.user.effective))
    case CSANDBOX_GETGID: return .value(Int64(who.group.real))
    case CSANDBOX_GETEGID: return .value(Int64(who.group.effective))
    case CSANDBOX_GETRESUID: return try tell(call, who.user)
    case CSANDBOX_GETRESGID: return try tell(call, who.group)
    case CSANDBOX_GETGROUPS: return try groups(call, who)
    case CSANDBOX_SETUID: try who.setUser(call.id(0))
    case CSANDBOX_SETGID: try who.setGroup(call.id(0))
    case CSANDBOX_SETREUID: try who.setUsers(real: call.id(0), effective: call.id(1))
    case CSANDBOX_SETREGID: try who.setGroups(real: call.id(0), effective: call.id(1))
    case CSANDBOX_SETRESUID: try who.setUsers(call.id(0), call.id(1), call.id(2))
    case CSANDBOX_SETRESGID: try who.setGroups(call.id(0), call.id(1), call.id(2))
    case CSANDBOX_SETFSUID: answer = .value(Int64(who.setFileUser(call.id(0))))
    case CSANDBOX_SETFSGID: answer = .value(Int64(who.setFileGroup(call.id(0))))
    case CSANDBOX_SETGROUPS: try who.setGroups(readGroups(call))
    case CSANDBOX_CAPGET: return try capabilities(call, who)
    case CSANDBOX_CAPSET:
      guard let sets = try readCapabilities(call) else { return .pass }
      try who.capabilities.set(sets)
      // Root's are taken away in earnest, too: with them a step is made.
      if before.user.effective == 0 { answer = .pass }
    case CSANDBOX_KEEP_CAPABILITIES:
      who.capabilities.areKept = call[0] != 0
      answer = .pass
    default: throw SystemFailure("answer", "a call without a handler", code: ENOSYS)
    }
    if who != before { try credentials.set(who, of: call.thread) }
    return answer
  }
}
