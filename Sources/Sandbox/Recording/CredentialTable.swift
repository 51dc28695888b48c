import CSandbox
import Diagnosis
import Glibc

/// Who each process is. The kernel itself carries it along: a process has a mark, which children inherit with
/// fork(2) and keep over execve(2), and the table knows what a mark means. So there is no list of processes
/// that could be behind, and none to tidy up; a process that leaves its parent takes its mark with it.
///
/// Threads of one process are one: libraries keep their ids equal, as POSIX wants them.
struct CredentialTable {
  private var known: [Credentials] = []
  private var marks: [Credentials: UInt64] = [:]

  /// The mark of those who never were anybody else but root.
  private static let none = UInt64.max

  func credentials(of thread: pid_t) throws(Gone) -> Credentials {
    var mark = CredentialTable.none
    if csandbox_read_mark(thread, &mark) != 0 { throw Gone() }
    return mark < known.count ? known[Int(mark)] : .root
  }

  mutating func set(_ credentials: Credentials, of thread: pid_t) throws {
    let mark = mark(of: credentials)
    try system("record who is", "process \(thread)") { csandbox_set_mark(thread, mark) }
  }

  private mutating func mark(of credentials: Credentials) -> UInt64 {
    if credentials == .root { return CredentialTable.none }
    if let mark = marks[credentials] { return mark }
    let mark = UInt64(known.count)
    known.append(credentials)
    marks[credentials] = mark
    return mark
  }
}

/// The thread that called does not exist any more.
struct Gone: Error {}
