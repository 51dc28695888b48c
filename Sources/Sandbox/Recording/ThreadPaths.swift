import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

/// Finds files as another thread would: its root becomes this process's root, and the directory where its
/// path begins the working directory, so that the kernel resolves the path as it would for the caller, links,
/// mounts and `..` included. What this process may find there, the caller may find itself.
final class ThreadPaths {
  /// A file by a path from a directory, which may be AT_FDCWD. Only good until the next one is looked for.
  struct Place {
    var directory: CInt
    var path: UnsafeMutablePointer<CChar>
    var follows: Bool

    /// Of openat(2), statx(2) and name_to_handle_at(2).
    var openFlags: CInt { O_CLOEXEC | (follows ? 0 : O_NOFOLLOW) }
    var statFlags: CInt { follows ? 0 : AT_SYMLINK_NOFOLLOW }
    var handleFlags: CInt { follows ? AT_SYMLINK_FOLLOW : 0 }
  }

  private static let size = 4096
  private let asked = UnsafeMutableBufferPointer<CChar>.allocate(capacity: size)
  private let entry = UnsafeMutableBufferPointer<CChar>.allocate(capacity: size + 32)
  /// The host's, whose numbers of threads are those of the calls.
  private var openProc: CInt = -1

  deinit {
    asked.deallocate()
    entry.deallocate()
    if openProc >= 0 { close(openProc) }
  }

  /// Where the arguments `directory` and `path` of a call lead; nil where the kernel will say what is wrong
  /// with them. `flags` are those of the *at calls.
  func place(_ call: TrappedCall, directory: CInt, path: UInt64, flags: CInt) throws -> Place? {
    let follows = flags & AT_SYMLINK_NOFOLLOW == 0
    asked[0] = 0
    if path != 0 { try call.readPath(path, into: asked) }
    if asked[0] == 0 {
      guard flags & CSANDBOX_AT_EMPTY_PATH != 0 else { return nil }
      let name = directory == AT_FDCWD ? "cwd" : "fd/\(directory)"
      return Place(directory: try proc(), path: try own(name, of: call.thread), follows: true)
    }
    guard try stand(call, directory: asked[0] == ThreadPaths.slash ? nil : directory) else { return nil }
    if let name = ownEntry() {
      return Place(directory: try proc(), path: try own(name, of: call.thread), follows: follows)
    }
    return Place(directory: AT_FDCWD, path: asked.baseAddress!, follows: follows)
  }

  /// An entry of /proc/THREAD; -1, with errno, where it cannot be opened.
  func open(_ name: String, of thread: pid_t, _ flags: CInt) throws -> CInt {
    openat(try proc(), try own(name, of: thread), flags | O_CLOEXEC)
  }

  /// Makes the thread's root this process's, and `directory` the working directory.
  private func stand(_ call: TrappedCall, directory: CInt?) throws -> Bool {
    let flags = CLINUX_O_PATH | O_DIRECTORY
    let root = try open("root", of: call.thread, flags)
    if root < 0 {
      throw errno == ENOENT ? Gone() : SystemFailure("find the root of", "process \(call.thread)")
    }
    defer { close(root) }
    try system("enter the root of", "process \(call.thread)") { fchdir(root) }
    try system("enter the root of", "process \(call.thread)") { chroot(".") }
    if let directory {
      let name = directory == AT_FDCWD ? "cwd" : "fd/\(directory)"
      let base = try open(name, of: call.thread, flags)
      if base < 0 { return false }
      defer { close(base) }
      if fchdir(base) != 0 { return false }
    }
    guard call.isWaiting else { throw Gone() }
    return true
  }

  private static let slash = CChar(bitPattern: UInt8(ascii: "/"))

  /// What of /proc is the caller's own, by its name there; `self` would be this process.
  private func ownEntry() -> String? {
    guard asked[0] == ThreadPaths.slash, asked[1] == ThreadPaths.letterP || asked[1] == ThreadPaths.letterD
    else { return nil }
    let text = String(cString: asked.baseAddress!)
    for (prefix, directory) in ThreadPaths.ownEntries where text.hasPrefix(prefix) {
      return directory + text.dropFirst(prefix.count)
    }
    return ThreadPaths.streams[text]
  }

  private static let letterP = CChar(bitPattern: UInt8(ascii: "p"))
  private static let letterD = CChar(bitPattern: UInt8(ascii: "d"))
  private static let ownEntries = [("/proc/self/", ""), ("/proc/thread-self/", ""), ("/dev/fd/", "fd/")]
  private static let streams = ["/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"]

  /// The host's /proc.
  func proc() throws -> CInt {
    if openProc < 0 { openProc = try Descriptor(opening: "/proc", CLINUX_O_PATH | O_DIRECTORY).release() }
    return openProc
  }

  private func own(_ name: String, of thread: pid_t) throws -> UnsafeMutablePointer<CChar> {
    var text = "\(thread)/\(name)"
    return try text.withUTF8 { bytes in
      guard bytes.count < entry.count else { throw Refusal(ENAMETOOLONG) }
      bytes.withMemoryRebound(to: CChar.self) { _ = entry.update(fromContentsOf: $0) }
      entry[bytes.count] = 0
      return entry.baseAddress!
    }
  }
}
