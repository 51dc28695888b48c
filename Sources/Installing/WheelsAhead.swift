import Diagnosis
import FileTree
import Glibc
import Synchronization
import Threads

/// Wheels that are unpacked while the tree which they are for is still being made: into a directory beside it,
/// on processors that nothing else wants. Nothing of them depends on what the tree holds.
package final class WheelsAhead: Sendable {
  private let root: Descriptor
  private let work: Work
  private let thread: Mutex<SystemThread?>

  private final class Work: Sendable {
    let outcome = Mutex<Result<StampedContents, any Error>?>(nil)
    let cancellation = Cancellation()
  }

  /// Begins with `unpack` in a new directory of that name in the workspace.
  init(
    named name: String, _ unpack: @escaping @Sendable (CInt, Cancellation) throws -> StampedContents
  ) throws {
    try system("create", name) { mkdir(name, 0o755) }
    root = try Descriptor(opening: name, O_RDONLY | O_DIRECTORY)
    let (descriptor, work) = (root.raw, Work())
    self.work = work
    thread = Mutex(
      SystemThread {
        // Of this thread alone, and of those that it starts (setpriority(2), NOTES).
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
        let outcome = Result { try unpack(descriptor, work.cancellation) }
        work.outcome.withLock { $0 = outcome }
      })
  }

  /// Nobody wants them any more.
  deinit {
    work.cancellation.cancel()
    thread.withLock { $0?.join() }
  }

  /// Waits until all are there, and moves them into a tree of the same file system. Tells what is known of
  /// the files. Called once.
  func move(into tree: CInt, modified: Timestamp) throws -> StampedContents {
    thread.withLock {
      $0?.join()
      $0 = nil
    }
    guard let outcome = work.outcome.withLock({ $0 }) else {
      throw Report("internal error: wheels were to be unpacked ahead, and nobody did")
    }
    let known = try outcome.get()
    var writer = TreeWriter(root: tree)
    for directory in try writer.adopt(root.raw).sorted() { try writer.setTime(modified, of: directory) }
    return known
  }
}
