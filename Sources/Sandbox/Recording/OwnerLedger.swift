import CSandbox
import Diagnosis
import FileTree
import Glibc

/// What is known of files beyond what the kernel keeps: owners that are others than root, and the ids in
/// access lists. A file is known by its handle, which no later file ever has again: what the ledger says of a
/// file that is gone is said of nobody.
struct OwnerLedger {
  private var records: [Handle: Record] = [:]

  struct Record: Equatable {
    var owner = Owner.root
    /// Of the users and groups that its access list names, in the list's order; and of those that the list of
    /// a directory names for what comes into it.
    private var access: [UInt32] = []
    private var inherited: [UInt32] = []

    init() {}

    subscript(kind: AccessList.Kind) -> [UInt32] {
      get { kind == .access ? access : inherited }
      set { if kind == .access { access = newValue } else { inherited = newValue } }
    }
  }

  /// A file's handle; equal for one file, whatever names it has.
  struct Handle: Hashable {
    private(set) var raw: csandbox_handle

    init(_ raw: csandbox_handle) { self.raw = raw }

    /// Of `path`, or with AT_EMPTY_PATH of `directory` itself. Nil, with errno, where there is none.
    init?(_ directory: CInt, _ path: UnsafePointer<CChar>, _ flags: CInt) {
      raw = csandbox_handle()
      if csandbox_find_handle(directory, path, flags, &raw) != 0 { return nil }
    }

    static func == (a: Handle, b: Handle) -> Bool {
      a.raw.type == b.raw.type && a.withBytes { a in b.withBytes { b in a.elementsEqual(b) } }
    }

    func hash(into hasher: inout Hasher) {
      withBytes { hasher.combine(bytes: $0) }
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
      withUnsafeBytes(of: raw.bytes) { body(UnsafeRawBufferPointer(rebasing: $0[..<Int(raw.size)])) }
    }
  }

  /// In no order.
  var all: some Sequence<(key: Handle, value: Record)> { records }

  func knows(_ handle: Handle) -> Bool { records[handle] != nil }

  func record(of handle: Handle) -> Record { records[handle] ?? Record() }

  /// Of a file whose `status` the kernel tells. What has no handle cannot be in the ledger.
  func owner(of handle: Handle?, _ status: stat) -> Owner {
    handle.flatMap { records[$0]?.owner } ?? Owner(user: status.st_uid, group: status.st_gid)
  }

  mutating func change(_ handle: Handle, _ body: (inout Record) -> Void) {
    var record = record(of: handle)
    body(&record)
    records[handle] = record == Record() ? nil : record
  }
}
