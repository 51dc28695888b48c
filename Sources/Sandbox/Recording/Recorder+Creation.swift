import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// What a process creates is its own, or its group is that of a set-group-id directory. Where that is root,
// the kernel does it alone; else it is created here, so that nobody ever sees it with another owner.
extension Recorder {
  func open(_ call: TrappedCall, flags: UInt64, mode: UInt64, resolve: UInt64 = 0) throws
    -> TrappedCall.Answer
  {
    let flags = CInt(truncatingIfNeeded: flags)
    // open(2) passes over other bits, of which openat2(2) would complain.
    let how = (flags: flags, mode: mode_t(mode & 0o7777), resolve: resolve)
    // With which nothing is created.
    if flags & CLINUX_O_PATH != 0 { return .pass }
    if flags & CSANDBOX_O_TMPFILE != 0 {
      guard let parent = try parent(call, named: false, follows: true, resolve) else { return .pass }
      let raw = try withMask(of: call) { clinux_openat2(parent.descriptor.raw, ".", how.flags, how.mode, 0) }
      return try opened(raw, flags, parent.made)
    }
    let follows = flags & (O_NOFOLLOW | O_EXCL) == 0
    // Again when what was there is gone, or a link came.
    for _ in 0..<Recorder.mostLinks {
      guard let parent = try parent(call, named: true, follows: follows, resolve) else { return .pass }
      let created = try withMask(of: call) {
        clinux_openat2(parent.descriptor.raw, parent.name, how.flags | O_CREAT | O_EXCL, how.mode, 0)
      }
      if created >= 0 { return try opened(created, flags, parent.made) }
      if errno != EEXIST || flags & O_EXCL != 0 { throw Refusal(errno) }
      var status = Glibc.stat()
      if fstatat(parent.descriptor.raw, parent.name, &status, AT_SYMLINK_NOFOLLOW) != 0 { continue }
      // Nothing is created where a directory, a pipe or a device is.
      if ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) { return .pass }
      let raw = clinux_openat2(parent.descriptor.raw, parent.name, how.flags & ~O_CREAT | O_NOFOLLOW, 0, 0)
      if raw >= 0 { return try opened(raw, flags, nil) }
      if !follows || (errno != ENOENT && errno != ELOOP) { throw Refusal(errno) }
    }
    throw Refusal(ELOOP)
  }

  /// As many as the kernel follows.
  static let mostLinks = 40

  func openHow(_ call: TrappedCall) throws -> TrappedCall.Answer {
    // struct open_how of linux/openat2.h.
    var how: (flags: UInt64, mode: UInt64, resolve: UInt64) = (0, 0, 0)
    if call[3] < MemoryLayout.size(ofValue: how) { return .pass }
    try withUnsafeMutableBytes(of: &how) { try call.read(call[2], into: $0) }
    if how.flags & UInt64(O_CREAT | CSANDBOX_O_TMPFILE) == 0 { return .pass }
    return try open(call, flags: how.flags, mode: how.mode, resolve: how.resolve)
  }

  func symlink(_ call: TrappedCall) throws -> TrappedCall.Answer {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { target in
      try call.readPath(call[2], into: target)
      return try create(call) { symlinkat(target.baseAddress!, $0, $1) }
    }
  }

  func mknod(_ call: TrappedCall) throws -> TrappedCall.Answer {
    let mode = mode_t(truncatingIfNeeded: call[2])
    // Which nobody in a step may make, in any tier.
    if [S_IFCHR, S_IFBLK].contains(mode & S_IFMT) { return .pass }
    return try create(call) { mknodat($0, $1, mode, 0) }
  }

  /// Runs `make` in the place of a call that makes one name, and records whose it is.
  func create(
    _ call: TrappedCall, _ make: (_ directory: CInt, _ name: UnsafePointer<CChar>) -> CInt
  ) throws -> TrappedCall.Answer {
    guard let parent = try parent(call, named: true, follows: false, 0) else { return .pass }
    let directory = parent.descriptor.raw
    if try withMask(of: call, { make(directory, parent.name) }) != 0 { throw Refusal(errno) }
    let made = Descriptor(
      owning: try system("open", "what was created") {
        openat(directory, parent.name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC)
      })
    try record(of: made.raw) {
      $0 = parent.made
      if call.call != CSANDBOX_MKDIR { $0[.inherited] = [] }
      if call.call == CSANDBOX_SYMLINK { $0[.access] = [] }
    }
    return .value(0)
  }

  private func opened(_ raw: CInt, _ flags: CInt, _ made: OwnerLedger.Record?) throws -> TrappedCall.Answer {
    if raw < 0 { throw Refusal(errno) }
    if var made {
      // Which only directories hand on.
      made[.inherited] = []
      try record(of: raw) { $0 = made }
    }
    return .descriptor(raw, closesOnExec: flags & O_CLOEXEC != 0)
  }

  /// Creates with the caller's umask(2), which the kernel applies unless the directory has default rights.
  private func withMask(of call: TrappedCall, _ make: () -> CInt) throws -> CInt {
    let own = umask(try mask(of: call))
    let result = make()
    let code = errno
    umask(own)
    errno = code
    return result
  }

  private func mask(of call: TrappedCall) throws -> mode_t {
    let raw = try paths.open("status", of: call.thread, O_RDONLY)
    if raw < 0 { throw Gone() }
    let file = Descriptor(owning: raw)
    return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
      let count = try system("read", "the status of process \(call.thread)") {
        pread(file.raw, text.baseAddress!, text.count - 1, 0)
      }
      text[count] = 0
      guard let line = strstr(text.baseAddress!, "\nUmask:\t") else {
        throw SystemFailure("learn the umask of", "process \(call.thread)", code: ENODATA)
      }
      return mode_t(truncatingIfNeeded: strtoul(line + 8, nil, 8))
    }
  }
}
