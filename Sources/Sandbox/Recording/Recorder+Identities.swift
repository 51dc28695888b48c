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

  /// Whether the kernel has to look at a call itself. Whom it names is taken for the caller, who has another
  /// number in its own namespace.
  private func isOdd(_ call: TrappedCall) throws -> Bool {
    if call[1] == 0 { return true }
    var head: (version: UInt32, process: UInt32) = (0, 0)
    try withUnsafeMutableBytes(of: &head) { try call.read(call[0], into: $0) }
    return head.version != Recorder.capabilityVersion
  }

  /// The low words of the effective, permitted and inheritable sets, then the high ones.
  private typealias CapabilityWords = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  /// The kernel knows those of who never lost any.
  func capabilities(_ call: TrappedCall, _ who: Credentials) throws -> TrappedCall.Answer {
    let sets = who.capabilities
    if try sets.areRoots || isOdd(call) { return .pass }
    func low(_ set: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: set) }
    let words: CapabilityWords = (
      low(sets.effective), low(sets.permitted), low(sets.inheritable), low(sets.effective >> 32),
      low(sets.permitted >> 32), low(sets.inheritable >> 32)
    )
    try withUnsafeBytes(of: words) { try call.write($0, to: call[1]) }
    return .value(0)
  }

  /// Nil where the kernel has to say what is wrong.
  func readCapabilities(_ call: TrappedCall) throws -> Capabilities? {
    if try isOdd(call) { return nil }
    var words: CapabilityWords = (0, 0, 0, 0, 0, 0)
    try withUnsafeMutableBytes(of: &words) { try call.read(call[1], into: $0) }
    func set(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
    return Capabilities(
      permitted: set(words.1, words.4), effective: set(words.0, words.3), inheritable: set(words.2, words.5),
      areKept: false)
  }
}
