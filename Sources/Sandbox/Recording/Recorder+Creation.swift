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
  private static let mostLinks = 40

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

  // MARK: The directory

  /// A directory, the name that is to be made in it, and what a directory of that name would be.
  private struct Parent: ~Copyable {
    let descriptor: Descriptor
    let name: [CChar]
    let made: OwnerLedger.Record
  }

  /// Nil where the kernel can do the call alone: what is made is root's, or nothing can be made. With `named`
  /// false the path is the directory's; links at its end are passed through where the call does.
  private func parent(
    _ call: TrappedCall, named: Bool, follows: Bool, _ resolve: UInt64
  ) throws -> Parent? {
    guard let place = try paths.place(call, directory: call.int(0), path: call[1], flags: 0) else {
      return nil
    }
    guard let (raw, name) = open(from: place, named: named, follows: follows, resolve) else { return nil }
    let file = OpenFile(descriptor: Descriptor(owning: raw))
    let status = try file.status()
    var made = OwnerLedger.Record()
    made.owner = try credentials.credentials(of: call.thread).owner
    if let handle = file.handle, ledger.knows(handle) {
      let record = ledger.record(of: handle)
      if status.st_mode & S_ISGID != 0 { made.owner.group = record.owner.group }
      for kind in AccessList.Kind.allCases { made[kind] = record[.inherited] }
    } else if status.st_mode & S_ISGID != 0 {
      made.owner.group = status.st_gid
    }
    return made == OwnerLedger.Record() ? nil : Parent(descriptor: file.close(), name: name, made: made)
  }

  /// The directory, which the caller closes, and the name in it, with its NUL.
  private func open(
    from place: ThreadPaths.Place, named: Bool, follows: Bool, _ resolve: UInt64
  ) -> (CInt, [CChar])? {
    var path = UnsafeBufferPointer(start: place.path, count: strlen(place.path)).map(UInt8.init(bitPattern:))
    var directory = place.directory
    for _ in 0..<Recorder.mostLinks {
      var name: [CChar] = []
      if named {
        // A file that is to be opened cannot be meant by a name with a slash behind it.
        if follows && path.last == UInt8(ascii: "/") { return nil }
        guard let last = ThreadPaths.cutName(of: &path) else { return nil }
        name = last
      }
      if path.isEmpty { path = [UInt8(ascii: ".")] }
      let text = path.map(CChar.init(bitPattern:)) + [0]
      let raw = clinux_openat2(directory, text, CLINUX_O_PATH | O_DIRECTORY, 0, resolve)
      if directory != place.directory { close(directory) }
      if raw < 0 { return nil }
      guard named && follows, let next = target(of: name, in: raw) else { return (raw, name) }
      (directory, path) = (raw, next)
    }
    close(directory)
    return nil
  }

  /// Of a symbolic link; nil for anything else.
  private func target(of name: [CChar], in directory: CInt) -> [UInt8]? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { target in
      let count = target.withMemoryRebound(to: CChar.self) {
        readlinkat(directory, name, $0.baseAddress!, $0.count)
      }
      return count > 0 ? Array(target[..<count]) : nil
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
  /// Takes the last name off a path and returns it, with its NUL; slashes behind it do not count. Nil where
  /// that is no name that can be made.
  static func cutName(of path: inout [UInt8]) -> [CChar]? {
    let slash = UInt8(ascii: "/")
    while path.last == slash { path.removeLast() }
    let start = path.lastIndex(of: slash).map { $0 + 1 } ?? 0
    let name = path[start...]
    if name.isEmpty || name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return nil }
    defer { path.removeSubrange(start...) }
    return name.map(CChar.init(bitPattern:)) + [0]
  }
}
