import CSandbox
import Diagnosis
import Glibc

// Ids and capabilities that come and go through memory.
extension Recorder {
  func tell(_ call: TrappedCall, _ ids: Credentials.Identities) throws -> TrappedCall.Answer {
    for (index, id) in [ids.real, ids.effective, ids.saved].enumerated() {
      try withUnsafeBytes(of: id) { try call.write($0, to: call[index]) }
    }
    return .value(0)
  }

  func groups(_ call: TrappedCall, _ who: Credentials) throws -> TrappedCall.Answer {
    let room = call.int(0)
    if room < 0 || (room > 0 && room < who.groups.count) { throw Refusal(EINVAL) }
    if room > 0 { try who.groups.withUnsafeBytes { try call.write($0, to: call[1]) } }
    return .value(Int64(who.groups.count))
  }

  /// NGROUPS_MAX of limits.h.
  private static let mostGroups = 65536

  func readGroups(_ call: TrappedCall) throws -> [UInt32] {
    let count = Int(call.id(0))
    if count > Recorder.mostGroups { throw Refusal(EINVAL) }
    var groups = [UInt32](repeating: 0, count: count)
    if count > 0 { try groups.withUnsafeMutableBytes { try call.read(call[1], into: $0) } }
    return groups
  }

  /// _LINUX_CAPABILITY_VERSION_3 of linux/capability.h; the others are older than any program of these trees.
  private static let capabilityVersion: UInt32 = 0x2008_0522

  /// Whether a call is about the capabilities that are kept here: those of the caller, who is not root. Root's
  /// the kernel knows, and takes them away in earnest. Whom a call names is taken for the caller, who has
  /// another number in its own namespace.
  private func concernsRecorded(_ call: TrappedCall, _ who: Credentials) throws -> Bool {
    if who.user.effective == 0 || call[1] == 0 { return false }
    var head: (version: UInt32, process: UInt32) = (0, 0)
    try withUnsafeMutableBytes(of: &head) { try call.read(call[0], into: $0) }
    return head.version == Recorder.capabilityVersion
  }

  /// The low words of the effective, permitted and inheritable sets, then the high ones.
  private typealias CapabilityWords = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  func capabilities(_ call: TrappedCall, _ who: Credentials) throws -> TrappedCall.Answer {
    guard try concernsRecorded(call, who) else { return .pass }
    let (effective, permitted) = (who.capabilities.effective, who.capabilities.permitted)
    func low(_ set: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: set) }
    let words: CapabilityWords = (
      low(effective), low(permitted), 0, low(effective >> 32), low(permitted >> 32), 0
    )
    try withUnsafeBytes(of: words) { try call.write($0, to: call[1]) }
    return .value(0)
  }

  /// Nil where the kernel does it.
  func readCapabilities(
    _ call: TrappedCall, _ who: Credentials
  ) throws -> (effective: UInt64, permitted: UInt64)? {
    guard try concernsRecorded(call, who) else { return nil }
    var words: CapabilityWords = (0, 0, 0, 0, 0, 0)
    try withUnsafeMutableBytes(of: &words) { try call.read(call[1], into: $0) }
    return (UInt64(words.3) << 32 | UInt64(words.0), UInt64(words.4) << 32 | UInt64(words.1))
  }
}
