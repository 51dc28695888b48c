import Glibc

/// What a process may do: capabilities(7). Those of the steps of a build are known, so that the kernel's own
/// need not be asked. File capabilities give nothing to anybody here.
struct Capabilities: Hashable, Sendable {
  /// Bits by the numbers of linux/capability.h.
  var permitted: UInt64
  var effective: UInt64
  var inheritable: UInt64
  /// PR_SET_KEEPCAPS: `permitted` outlives the last of root's ids.
  var areKept: Bool

  /// What restrictions.c leaves to a step.
  static let every: UInt64 = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 18, 29, 31].reduce(0) { $0 | 1 << $1 }
  static let all = Capabilities(permitted: every, effective: every, inheritable: 0, areKept: false)

  /// CAP_CHOWN, CAP_FOWNER, CAP_SETGID, CAP_SETUID and CAP_SETPCAP.
  static let changeOwner: UInt64 = 1 << 0
  static let ownFiles: UInt64 = 1 << 3
  static let setGroup: UInt64 = 1 << 6
  static let setUser: UInt64 = 1 << 7
  private static let setCapabilities: UInt64 = 1 << 8
  /// CAP_FS_MASK of linux/capability.h, which the file system's user decides.
  private static let files: UInt64 = [0, 1, 2, 3, 4, 9, 27, 32].reduce(0) { $0 | 1 << $1 }

  var areRoots: Bool {
    permitted == Capabilities.every && effective == Capabilities.every && inheritable == 0
  }

  func has(_ capability: UInt64) -> Bool { effective & capability != 0 }

  /// Follows a change of user ids.
  mutating func follow(from old: Credentials.Identities, to new: Credentials.Identities) {
    if old.has(0) && !new.has(0) && !areKept { (permitted, effective) = (0, 0) }
    if old.effective == 0 && new.effective != 0 { effective = 0 }
    if old.effective != 0 && new.effective == 0 { effective = permitted }
  }

  /// Follows setfsuid(2).
  mutating func follow(from old: UInt32, to new: UInt32) {
    if old == 0 && new != 0 { effective &= ~Capabilities.files }
    if old != 0 && new == 0 { effective |= permitted & Capabilities.files }
  }

  /// capset(2): nothing can be added to what is permitted.
  mutating func set(_ new: Capabilities) throws(Refusal) {
    let bounds = has(Capabilities.setCapabilities) ? Capabilities.every : permitted
    guard new.permitted & ~permitted == 0, new.effective & ~new.permitted == 0,
      new.inheritable & ~(inheritable | bounds) == 0
    else { throw Refusal(EPERM) }
    (permitted, effective, inheritable) = (new.permitted, new.effective, new.inheritable)
  }
}
