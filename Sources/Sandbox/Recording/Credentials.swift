import FileTree
import Glibc

/// Who a process is, as credentials(7) has it: what the kernel would keep if the ids were mapped.
struct Credentials: Hashable, Sendable {
  var user: Identities
  var group: Identities
  /// Supplementary groups, sorted, as the kernel keeps them.
  var groups: [UInt32]
  var capabilities: Capabilities

  /// The real, effective, saved and file system ids.
  struct Identities: Hashable, Sendable {
    var real: UInt32
    var effective: UInt32
    var saved: UInt32
    var file: UInt32

    static let root = Identities(real: 0, effective: 0, saved: 0, file: 0)

    func has(_ id: UInt32) -> Bool { id == real || id == effective || id == saved }
  }

  /// What every worker begins as.
  static let root = Credentials(user: .root, group: .root, groups: [], capabilities: .all)

  /// Leaves an id as it is.
  static let unchanged = UInt32.max

  /// The owner of what this process creates, but for a directory that hands on its group.
  var owner: Owner { Owner(user: user.file, group: group.file) }

  // MARK: The calls

  private var setsUsers: Bool { capabilities.has(Capabilities.setUser) }
  private var setsGroups: Bool { capabilities.has(Capabilities.setGroup) }

  mutating func setUser(_ id: UInt32) throws(Refusal) {
    let old = user
    try Credentials.set(&user, id, setsUsers)
    capabilities.follow(from: old, to: user)
  }

  mutating func setGroup(_ id: UInt32) throws(Refusal) {
    try Credentials.set(&group, id, setsGroups)
  }

  /// setuid(2), setgid(2): with privilege all ids, else the effective one, to one of the others.
  private static func set(_ ids: inout Identities, _ id: UInt32, _ privileged: Bool) throws(Refusal) {
    if id == unchanged { throw Refusal(EINVAL) }
    if privileged {
      (ids.real, ids.saved) = (id, id)
    } else if id != ids.real && id != ids.saved {
      throw Refusal(EPERM)
    }
    (ids.effective, ids.file) = (id, id)
  }

  mutating func setUsers(real: UInt32, effective: UInt32) throws(Refusal) {
    let old = user
    try Credentials.set(&user, real: real, effective: effective, setsUsers)
    capabilities.follow(from: old, to: user)
  }

  mutating func setGroups(real: UInt32, effective: UInt32) throws(Refusal) {
    try Credentials.set(&group, real: real, effective: effective, setsGroups)
  }

  /// setreuid(2), setregid(2): the saved id follows when the real one is set, or the effective one to
  /// something else than the real one was.
  private static func set(
    _ ids: inout Identities, real: UInt32, effective: UInt32, _ privileged: Bool
  ) throws(Refusal) {
    let old = ids
    if !privileged {
      if real != unchanged && real != old.real && real != old.effective { throw Refusal(EPERM) }
      if effective != unchanged && !old.has(effective) { throw Refusal(EPERM) }
    }
    if real != unchanged { ids.real = real }
    if effective != unchanged { ids.effective = effective }
    if real != unchanged || (effective != unchanged && effective != old.real) { ids.saved = ids.effective }
    ids.file = ids.effective
  }

  mutating func setUsers(_ real: UInt32, _ effective: UInt32, _ saved: UInt32) throws(Refusal) {
    let old = user
    try Credentials.set(&user, [real, effective, saved], setsUsers)
    capabilities.follow(from: old, to: user)
  }

  mutating func setGroups(_ real: UInt32, _ effective: UInt32, _ saved: UInt32) throws(Refusal) {
    try Credentials.set(&group, [real, effective, saved], setsGroups)
  }

  /// setresuid(2), setresgid(2).
  private static func set(_ ids: inout Identities, _ new: [UInt32], _ privileged: Bool) throws(Refusal) {
    let old = ids
    if !privileged && !new.allSatisfy({ $0 == unchanged || old.has($0) }) { throw Refusal(EPERM) }
    if new[0] != unchanged { ids.real = new[0] }
    if new[1] != unchanged { ids.effective = new[1] }
    if new[2] != unchanged { ids.saved = new[2] }
    ids.file = ids.effective
  }

  /// setfsuid(2): what is refused is not said, and the id that was is returned.
  mutating func setFileUser(_ id: UInt32) -> UInt32 {
    let old = Credentials.setFile(&user, id, setsUsers)
    capabilities.follow(from: old, to: user.file)
    return old
  }

  mutating func setFileGroup(_ id: UInt32) -> UInt32 { Credentials.setFile(&group, id, setsGroups) }

  private static func setFile(_ ids: inout Identities, _ id: UInt32, _ privileged: Bool) -> UInt32 {
    let old = ids.file
    if id != unchanged && (privileged || ids.has(id) || id == old) { ids.file = id }
    return old
  }

  mutating func setGroups(_ groups: [UInt32]) throws(Refusal) {
    if !setsGroups { throw Refusal(EPERM) }
    if groups.contains(Credentials.unchanged) { throw Refusal(EINVAL) }
    self.groups = groups.sorted()
  }

  /// execve(2) of a program that makes its caller its owner: `user` and `group` where its mode says so.
  mutating func execute(as user: UInt32?, _ group: UInt32?) {
    self.user.effective = user ?? self.user.effective
    self.group.effective = group ?? self.group.effective
    (self.user.saved, self.user.file) = (self.user.effective, self.user.effective)
    (self.group.saved, self.group.file) = (self.group.effective, self.group.effective)
    let isRoot = self.user.real == 0 || self.user.effective == 0
    capabilities.permitted = isRoot ? Capabilities.every : 0
    capabilities.effective = self.user.effective == 0 ? Capabilities.every : 0
    capabilities.areKept = false
  }

  /// Whether chown(2) of what `owner` has is allowed: to whom is nil where it stays.
  func mayChange(_ owner: Owner, to user: UInt32?, _ group: UInt32?) -> Bool {
    if capabilities.has(Capabilities.changeOwner) { return true }
    guard owner.user == self.user.file, user == nil || user == owner.user else { return false }
    return group == nil || group == owner.group || group == self.group.file || groups.contains(group!)
  }
}

/// An errno that a call ends with.
struct Refusal: Error, Equatable {
  var code: CInt

  init(_ code: CInt) { self.code = code }
}
