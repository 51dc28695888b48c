import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// What a process creates is its own, or its group is that of a set-group-id directory. Where that is root, the
// kernel does it alone; else it is created here, so that nobody ever sees it with another owner.
extension Recorder {
  func open(_ call: TrappedCall, flags: UInt64, mode: UInt64, resolve: UInt64 = 0) throws
    -> TrappedCall.Answer
  {
    let flags = CInt(truncatingIfNeeded: flags)
    let how = (flags: flags, mode: mode_t(truncatingIfNeeded: mode), resolve: resolve)
    if flags & CSANDBOX_O_TMPFILE != 0 {
      guard let parent = try parent(call, named: false, resolve) else { return .pass }
      let raw = try withMask(of: call) { clinux_openat2(parent.descriptor.raw, ".", how.flags, how.mode, 0) }
      return try opened(raw, flags, owner: parent.owner)
    }
    guard var parent = try parent(call, named: true, resolve) else { return .pass }
    // As many links as the kernel follows.
    for _ in 0..<40 {
      let created = try withMask(of: call) {
        clinux_openat2(parent.descriptor.raw, parent.name, how.flags | O_CREAT | O_EXCL, how.mode, 0)
      }
      if created >= 0 { return try opened(created, flags, owner: parent.owner) }
      if errno != EEXIST || flags & O_EXCL != 0 { throw Refusal(errno) }
      var status = Glibc.stat()
      if fstatat(parent.descriptor.raw, parent.name, &status, AT_SYMLINK_NOFOLLOW) != 0 { continue }
      switch status.st_mode & S_IFMT {
      case S_IFREG:
        let raw = clinux_openat2(parent.descriptor.raw, parent.name, how.flags & ~O_CREAT | O_NOFOLLOW, 0, 0)
        if raw >= 0 { return try opened(raw, flags, owner: nil) }
        if errno != ENOENT && errno != ELOOP { throw Refusal(errno) }
      case S_IFLNK where flags & O_NOFOLLOW == 0:
        guard let next = try self.parent(following: parent, call) else { return .pass }
        parent = next
      // Nothing is created where a directory, a pipe or a device is.
      default: return .pass
      }
    }
    throw Refusal(ELOOP)
  }

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
    guard let parent = try parent(call, named: true, 0) else { return .pass }
    let directory = parent.descriptor.raw
    if try withMask(of: call, { make(directory, parent.name) }) != 0 { throw Refusal(errno) }
    let made = Descriptor(
      owning: try system("open", "what was created") {
        openat(directory, parent.name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC)
      })
    try record(parent.owner, of: made.raw)
    return .value(0)
  }

  private func opened(_ raw: CInt, _ flags: CInt, owner: Owner?) throws -> TrappedCall.Answer {
    if raw < 0 { throw Refusal(errno) }
    if let owner { try record(owner, of: raw) }
    return .descriptor(raw, closesOnExec: flags & O_CLOEXEC != 0)
  }

  // MARK: The directory

  /// A directory, the name that is to be made in it, and whose it will be.
  private struct Parent: ~Copyable {
    let descriptor: Descriptor
    let name: [CChar]
    let owner: Owner
  }

  /// Nil where the kernel can do the call alone: what is made is root's, or nothing can be made.
  private func parent(_ call: TrappedCall, named: Bool, _ resolve: UInt64) throws -> Parent? {
    guard
      let place = try paths.place(
        call, directory: call.int(0), path: call[1], flags: named ? AT_SYMLINK_NOFOLLOW : 0)
    else { return nil }
    return try parent(below: place.directory, place.path, named: named, resolve, call)
  }

  /// `path` is cut in place.
  private func parent(
    below directory: CInt, _ path: UnsafeMutablePointer<CChar>, named: Bool, _ resolve: UInt64,
    _ call: TrappedCall
  ) throws -> Parent? {
    let slash = CChar(bitPattern: UInt8(ascii: "/"))
    var name: [CChar] = [0]
    var parent = path
    var here: [CChar] = [CChar(bitPattern: UInt8(ascii: ".")), 0]
    if named {
      var end = strlen(path)
      while end > 1 && path[end - 1] == slash { end -= 1 }
      path[end] = 0
      var start = end
      while start > 0 && path[start - 1] != slash { start -= 1 }
      name = Array(UnsafeBufferPointer(start: path + start, count: end - start)) + [0]
      if name.count == 1 || ThreadPaths.isDots(name) { return nil }
      path[start] = 0
    }
    let raw = here.withUnsafeMutableBufferPointer { here in
      if parent[0] == 0 { parent = here.baseAddress! }
      return clinux_openat2(directory, parent, CLINUX_O_PATH | O_DIRECTORY, 0, resolve)
    }
    if raw < 0 { return nil }
    let file = OpenFile(descriptor: Descriptor(owning: raw))
    let status = try file.status()
    var owner = try credentials.credentials(of: call.thread).owner
    if status.st_mode & S_ISGID != 0 { owner.group = ledger.owner(of: file.handle, status).group }
    return owner == .root ? nil : Parent(descriptor: file.close(), name: name, owner: owner)
  }

  /// Where a symbolic link leads that has the name in `link`.
  private func parent(following link: borrowing Parent, _ call: TrappedCall) throws -> Parent? {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { target in
      let count = readlinkat(link.descriptor.raw, link.name, target.baseAddress!, target.count - 1)
      if count <= 0 { return nil }
      target[count] = 0
      return try parent(below: link.descriptor.raw, target.baseAddress!, named: true, 0, call)
    }
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

extension Recorder.OpenFile {
  /// Lets the file go, and leaves its descriptor.
  consuming func close() -> Descriptor { descriptor }
}

extension ThreadPaths {
  /// `.` and `..`, with their NUL.
  static func isDots(_ name: [CChar]) -> Bool {
    let dot = CChar(bitPattern: UInt8(ascii: "."))
    return name == [dot, 0] || name == [dot, dot, 0]
  }
}
