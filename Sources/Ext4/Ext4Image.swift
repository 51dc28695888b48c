import Diagnosis
import FileTree
import Glibc

/// Writes planned images.
package enum Ext4Image {
  /// Writes `layout` to the open `descriptor`, which is good for reading, writing and seeking, and
  /// whose former content is dropped. The path behind it need not be reachable. The bytes depend on
  /// the layout and the contents only, whatever the number of threads. The superblock comes last:
  /// before it, no kernel takes the file for a file system. Nothing is synced.
  ///
  /// `progress` is called with the bytes of content done so far, from any thread, one call at a time.
  package static func write(
    _ layout: Ext4Layout, to descriptor: CInt, contents: some FileContents, threads: Int,
    progress: @escaping @Sendable (Int64) -> Void = { _ in }
  ) throws {
    // Emptied first, so that what is not written is zero.
    try system("truncate", "the image") { ftruncate(descriptor, 0) }
    try system("extend", "the image") { ftruncate(descriptor, off_t(layout.byteCount)) }
    let jobs = Job.all(of: layout)
    let writer = Writer(layout: layout, descriptor: descriptor, progress: progress)
    try Parallel.forEach(jobs.count, threads: threads) { try writer.run(jobs[$0], contents) }
    try Superstructure.write(layout, to: descriptor)
  }
}
