import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// Access lists, which name ids, too.
extension Recorder {
  /// The kernel's XATTR_SIZE_MAX.
  private static let largestValue = 65536

  func setAttribute(_ call: TrappedCall) throws -> TrappedCall.Answer {
    guard let kind = try accessList(call), call[5] <= UInt64(Recorder.largestValue),
      let file = try open(call, flags: call.int(2))
    else { return .pass }
    var value = [UInt8](repeating: 0, count: Int(call[5]))
    try value.withUnsafeMutableBytes { if !$0.isEmpty { try call.read(call[4], into: $0) } }
    guard var list = AccessList(value), let handle = file.handle else { return .pass }
    let who = try credentials.credentials(of: call.thread)
    let owner = ledger.owner(of: handle, try file.status())
    if !who.capabilities.has(Capabilities.ownFiles) && who.user.file != owner.user { throw Refusal(EPERM) }
    let ids = list.ids
    list.ids = ids.map { _ in 0 }
    if csandbox_set_attribute(
      try paths.proc(), file.descriptor.raw, kind.rawValue, list.bytes, list.bytes.count, call.int(6)) != 0
    {
      throw Refusal(errno)
    }
    ledger.change(handle) { $0[kind] = ids }
    return .value(0)
  }

  func attribute(_ call: TrappedCall) throws -> TrappedCall.Answer {
    guard let kind = try accessList(call), let file = try openKnown(call, flags: call.int(2)),
      let handle = file.handle
    else { return .pass }
    let ids = ledger.record(of: handle)[kind]
    if ids.isEmpty { return .pass }
    var value = [UInt8](repeating: 0, count: Recorder.largestValue)
    let count = csandbox_get_attribute(
      try paths.proc(), file.descriptor.raw, kind.rawValue, &value, value.count)
    if count < 0 { throw Refusal(errno) }
    guard var list = AccessList(Array(value[..<count])), list.ids.count == ids.count else {
      throw SystemFailure("tell the access list of", "a file: it is not the one recorded", code: ESTALE)
    }
    list.ids = ids
    if call[5] == 0 { return .value(Int64(count)) }
    if call[5] < UInt64(count) { throw Refusal(ERANGE) }
    try list.bytes.withUnsafeBytes { try call.write($0, to: call[4]) }
    return .value(Int64(count))
  }

  /// Nil for any other attribute.
  private func accessList(_ call: TrappedCall) throws -> AccessList.Kind? {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      try call.readPath(call[3], into: name)
      return AccessList.Kind(rawValue: String(cString: name.baseAddress!))
    }
  }
}
