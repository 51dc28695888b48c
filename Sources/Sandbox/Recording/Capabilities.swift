import Glibc

/// What a process may do that is no longer, or never was, root: capabilities(7). Root's own the kernel keeps.
struct Capabilities: Hashable, Sendable {
  /// Bits by the numbers of linux/capability.h.
  var permitted: UInt64
  var effective: UInt64
  /// PR_SET_KEEPCAPS: `permitted` outlives the last of root's ids.
  var areKept: Bool

  /// Up to CAP_CHECKPOINT_RESTORE, the last one.
  static let every: UInt64 = (1 << 41) - 1
  static let all = Capabilities(permitted: every, effective: every, areKept: false)

  /// CAP_CHOWN, CAP_FOWNER, CAP_SETGID and CAP_SETUID.
  static let changeOwner: UInt64 = 1 << 0
  static let ownFiles: UInt64 = 1 << 3
  static let setGroup: UInt64 = 1 << 6
  static let setUser: UInt64 = 1 << 7

  func has(_ capability: UInt64) -> Bool { effective & capability != 0 }

  /// Follows a change of user ids.
  mutating func follow(from old: Credentials.Identities, to new: Credentials.Identities) {
    if old.has(0) && !new.has(0) && !areKept { permitted = 0 }
    if old.effective == 0 && new.effective != 0 { effective = 0 }
    if old.effective != 0 && new.effective == 0 { effective = permitted }
    effective &= permitted
  }

  /// capset(2): nothing can be added to what is permitted.
  mutating func set(effective: UInt64, permitted: UInt64) throws(Refusal) {
    guard permitted & ~self.permitted == 0, effective & ~permitted == 0 else { throw Refusal(EPERM) }
    (self.effective, self.permitted) = (effective, permitted)
  }
}
