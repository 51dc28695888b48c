import CSandbox
import Diagnosis
import FileTree
import Glibc

// A ledger in a file of a workspace that is kept, beside the tree: handles outlive their worker. Each record
// is a count of words of four bytes and these words, in this machine's order: the handle's type and size, user
// and group, the number of ids in the access list, all ids of both lists; then the handle's bytes.
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
        guard let (handle, record, size) = OwnerLedger.record(in: bytes[position...]) else {
          throw SystemFailure("read", "the owners that were recorded", code: EINVAL)
        }
        change(handle) { $0 = record }
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
    for (handle, record) in all { handle.append(to: &bytes, record) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: OwnerLedger.name) }
  }

  private static func record(
    in bytes: Slice<UnsafeRawBufferPointer>
  ) -> (handle: Handle, record: Record, size: Int)? {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    func word(_ index: Int) -> UInt32 { bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) }
    guard bytes.count >= 4, bytes.count >= Int(word(0)) * 4 + 4, word(0) >= 5 else { return nil }
    let head = Int(word(0)) * 4 + 4
    let size = head + Int(word(2))
    guard bytes.count >= size, word(5) <= word(0) - 5,
      let handle = Handle(
        type: Int32(bitPattern: word(1)), UnsafeRawBufferPointer(rebasing: bytes[head..<size]))
    else { return nil }
    var record = Record()
    record.owner = Owner(user: word(3), group: word(4))
    let ids = (6..<Int(word(0)) + 1).map(word)
    record[.access] = Array(ids.prefix(Int(word(5))))
    record[.inherited] = Array(ids.dropFirst(Int(word(5))))
    return (handle, record, size)
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

  fileprivate func append(to bytes: inout [UInt8], _ record: OwnerLedger.Record) {
    let (access, inherited) = (record[.access], record[.inherited])
    let fixed = [
      UInt32(bitPattern: raw.type), raw.size, record.owner.user, record.owner.group, UInt32(access.count),
    ]
    let words = fixed + access + inherited
    for word in [UInt32(words.count)] + words {
      withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
    }
    withBytes { bytes.append(contentsOf: $0) }
  }
}
