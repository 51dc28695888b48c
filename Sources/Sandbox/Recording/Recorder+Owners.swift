import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// Whose a file is: chown(2), and what stat(2) says of it.
extension Recorder {
  /// The kernel gives the file to root, with all that follows from a chown(2): refusals, times, set-id bits
  /// and capabilities that go. The ledger gives it to whom it was meant for.
  func chown(_ call: TrappedCall) throws -> TrappedCall.Answer {
    guard let file = try open(call, flags: call.int(4)) else { return .pass }
    let (user, group) = (Recorder.id(call, 2), Recorder.id(call, 3))
    let old = ledger.owner(of: file.handle, try file.status())
    guard try credentials.credentials(of: call.thread).mayChange(old, to: user, group) else {
      throw Refusal(EPERM)
    }
    let unchanged = uid_t(Credentials.unchanged)
    if fchownat(
      file.descriptor.raw, "", user == nil ? unchanged : 0, group == nil ? unchanged : 0,
      CSANDBOX_AT_EMPTY_PATH) != 0
    {
      throw Refusal(errno)
    }
    let owner = Owner(user: user ?? old.user, group: group ?? old.group)
    // A file of an overlay may have become another one by that.
    try record(of: file.descriptor.raw) { $0.owner = owner }
    return .value(0)
  }

  /// Nil for an id that stays.
  private static func id(_ call: TrappedCall, _ index: Int) -> UInt32? {
    call.id(index) == Credentials.unchanged ? nil : call.id(index)
  }

  func stat(_ call: TrappedCall) throws -> TrappedCall.Answer {
    guard let file = try openKnown(call, flags: call.int(3)) else { return .pass }
    var status = try file.status()
    let owner = ledger.owner(of: file.handle, status)
    (status.st_uid, status.st_gid) = (owner.user, owner.group)
    try withUnsafeBytes(of: status) { try call.write($0, to: call[2]) }
    return .value(0)
  }

  func statx(_ call: TrappedCall) throws -> TrappedCall.Answer {
    let flags = call.int(2)
    guard let file = try openKnown(call, flags: flags) else { return .pass }
    let owner = ledger.owner(of: file.handle, try file.status())
    // struct statx of linux/stat.h has 256 bytes.
    return try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { answer in
      answer.initializeMemory(as: UInt8.self, repeating: 0)
      if csandbox_statx(
        file.descriptor.raw, flags & Recorder.statxSync, call.id(3), owner.user, owner.group,
        answer.baseAddress) != 0
      {
        throw Refusal(errno)
      }
      try call.write(UnsafeRawBufferPointer(answer), to: call[4])
      return .value(0)
    }
  }

  /// AT_STATX_SYNC_TYPE of linux/fcntl.h.
  private static let statxSync: CInt = 0x6000

  /// A file, whatever becomes of its names.
  struct OpenFile: ~Copyable {
    let descriptor: Descriptor

    /// Nil where the file system has none.
    var handle: OwnerLedger.Handle? {
      OwnerLedger.Handle(descriptor.raw, "", CSANDBOX_AT_EMPTY_PATH)
    }

    func status() throws(SystemFailure) -> stat {
      var status = Glibc.stat()
      try system("examine", "a file of the worker's") {
        fstatat(descriptor.raw, "", &status, CSANDBOX_AT_EMPTY_PATH)
      }
      return status
    }
  }

  /// What the first two arguments of a call lead to; nil where the kernel will find out why not.
  func open(_ call: TrappedCall, flags: CInt) throws -> OpenFile? {
    guard let place = try paths.place(call, directory: call.int(0), path: call[1], flags: flags) else {
      return nil
    }
    let raw = openat(place.directory, place.path, CLINUX_O_PATH | place.openFlags)
    return raw < 0 ? nil : OpenFile(descriptor: Descriptor(owning: raw))
  }

  /// Nil for what the ledger says nothing of, which is nearly everything.
  func openKnown(_ call: TrappedCall, flags: CInt) throws -> OpenFile? {
    guard let place = try paths.place(call, directory: call.int(0), path: call[1], flags: flags),
      let handle = OwnerLedger.Handle(place.directory, place.path, place.handleFlags), ledger.knows(handle)
    else { return nil }
    let raw = openat(place.directory, place.path, CLINUX_O_PATH | place.openFlags)
    return raw < 0 ? nil : OpenFile(descriptor: Descriptor(owning: raw))
  }

  /// Enters what is to be known of an open file in the ledger.
  func record(of file: CInt, _ body: (inout OwnerLedger.Record) -> Void) throws {
    if let handle = OwnerLedger.Handle(file, "", CSANDBOX_AT_EMPTY_PATH) {
      return ledger.change(handle, body)
    }
    let code = errno
    var record = OwnerLedger.Record()
    body(&record)
    if record == OwnerLedger.Record() { return }
    throw SystemFailure("record the owner of", "a file: its file system has no handles", code: code)
  }
}
