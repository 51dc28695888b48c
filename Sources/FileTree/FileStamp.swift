import Diagnosis
import Glibc

/// By what a file is known again without reading it. The kernel sets the time of change (`ctime`) at every
/// write and every change of metadata, and nobody sets it to a value of their own.
package struct FileStamp: Sendable, Hashable {
  package var device: UInt64
  package var inode: UInt64
  package var size: Int64
  package var modified: Timestamp
  package var changed: Timestamp

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Timestamp(
      seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec))
    changed = Timestamp(seconds: Int64(status.st_ctim.tv_sec), nanoseconds: UInt32(status.st_ctim.tv_nsec))
  }

  /// Of an open file.
  package init(of descriptor: CInt, named name: @autoclosure () -> String) throws(SystemFailure) {
    var status = stat()
    try system("examine", name()) { fstat(descriptor, &status) }
    self.init(status)
  }

  /// Of the file that `path` leads to; nil when there is none.
  package init?(ofPath path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(status)
  }

  /// Waits until the kernel's clock, by which files are stamped, has gone on: what is written from then on
  /// has another stamp than what was written before. It ticks at least a hundred times a second.
  package static func passTick() {
    var wanted = timespec(tv_sec: 0, tv_nsec: 11_000_000)
    var left = timespec()
    while nanosleep(&wanted, &left) != 0 && errno == EINTR { wanted = left }
  }
}

extension FileStamp: CustomStringConvertible {
  /// One word, for comparing.
  package var description: String {
    "\(device):\(inode):\(size):\(TreeText.time(modified)):\(TreeText.time(changed))"
  }
}
