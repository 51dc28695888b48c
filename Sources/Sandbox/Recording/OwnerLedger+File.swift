import CSandbox
import Diagnosis
import FileTree
import Glibc

// A ledger in a file of a workspace that is kept, beside the tree: handles outlive their worker. Each record is
// type, size, user and group, four bytes each in this machine's order, and the handle's bytes.
extension OwnerLedger {
  private static let name = "owners"

  /// Whether a workspace holds nothing that could have an owner.
  static func isEmpty(_ workspace: CInt) throws(SystemFailure) -> Bool {
    let directory = try system("open", "a workspace") { openat(workspace, ".", O_RDONLY | O_CLOEXEC) }
    return try directoryNames(directory, named: "a workspace") == []
  }

  static func remove(from workspace: CInt) { unlinkat(workspace, name, 0) }

  /// Takes over what an earlier worker left, if one did.
  mutating func load(from workspace: CInt) throws {
    let raw = openat(workspace, OwnerLedger.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if raw < 0 {
      if errno == ENOENT { return }
      throw SystemFailure("open", "the owners that were recorded")
    }
    let file = Descriptor(owning: raw)
    let bytes = try readAll(file.raw, named: "the owners that were recorded")
    try bytes.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        guard let (handle, owner, size) = OwnerLedger.record(in: bytes[position...]) else {
          throw SystemFailure("read", "the owners that were recorded", code: EINVAL)
        }
        set(owner, of: handle)
        position += size
      }
    }
  }

  func save(in workspace: CInt) throws {
    let file = Descriptor(
      owning: try system("create", OwnerLedger.name) {
        openat(
          workspace, OwnerLedger.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600 as mode_t)
      })
    var bytes: [UInt8] = []
    for (handle, owner) in all { handle.append(to: &bytes, owner) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: OwnerLedger.name) }
  }

  private static func record(
    in bytes: Slice<UnsafeRawBufferPointer>
  ) -> (handle: Handle, owner: Owner, size: Int)? {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    let head = 16
    guard bytes.count >= head else { return nil }
    func word(_ index: Int) -> UInt32 { bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) }
    let size = head + Int(word(1))
    guard bytes.count >= size,
      let handle = Handle(
        type: Int32(bitPattern: word(0)), UnsafeRawBufferPointer(rebasing: bytes[head..<size]))
    else { return nil }
    return (handle, Owner(user: word(2), group: word(3)), size)
  }
}

extension OwnerLedger.Handle {
  /// Nil for more bytes than a handle can have.
  fileprivate init?(type: Int32, _ content: UnsafeRawBufferPointer) {
    var raw = csandbox_handle()
    guard content.count <= MemoryLayout.size(ofValue: raw.bytes) else { return nil }
    raw.type = type
    raw.size = UInt32(content.count)
    withUnsafeMutableBytes(of: &raw.bytes) { $0.copyMemory(from: content) }
    self.init(raw)
  }

  fileprivate func append(to bytes: inout [UInt8], _ owner: Owner) {
    for word in [UInt32(bitPattern: raw.type), raw.size, owner.user, owner.group] {
      withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
    }
    withBytes { bytes.append(contentsOf: $0) }
  }
}
