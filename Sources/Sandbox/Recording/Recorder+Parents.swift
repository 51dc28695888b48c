import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// The directory in which a name is to be made, from which a part of what it will be comes.
extension Recorder {
  /// A directory, the name that is to be made in it, and what a directory of that name would be.
  struct Parent: ~Copyable {
    let descriptor: Descriptor
    let name: [CChar]
    let made: OwnerLedger.Record
  }

  /// Nil where the kernel can do the call alone: what is made is root's, or nothing can be made. With `named`
  /// false the path is the directory's; links at its end are passed through where the call does.
  func parent(
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
