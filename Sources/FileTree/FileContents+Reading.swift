import Diagnosis
import Glibc

extension [FileEntry] {
  /// What `body` makes of each regular file, by index; it is asked once for all names of a file, on `threads`
  /// threads.
  package func mapContents<Result: Sendable>(
    threads: Int, _ body: @escaping @Sendable (FileEntry) throws -> Result
  ) throws -> [Result?] {
    var firstOfGroup: [Int: Int] = [:]
    var files: [Int] = []
    for (index, entry) in enumerated() where entry.kind == .file {
      if let group = entry.hardLinkGroup {
        if firstOfGroup[group] != nil { continue }
        firstOfGroup[group] = index
      }
      files.append(index)
    }
    // Largest first, so that no thread is left alone with a large file at the end.
    files.sort { (self[$0].size, $1) > (self[$1].size, $0) }
    let order = files
    let found = try Parallel.map(order.count, threads: threads) { try body(self[order[$0]]) }
    var results = [Result?](repeating: nil, count: count)
    for (position, index) in order.enumerated() { results[index] = found[position] }
    for (index, entry) in enumerated() where entry.kind == .file && results[index] == nil {
      results[index] = entry.hardLinkGroup.flatMap { firstOfGroup[$0] }.flatMap { results[$0] }
    }
    return results
  }
}

extension FileContents {
  /// Hands on the bytes of a regular file in pieces, in order, from its beginning to its end. A piece is only
  /// good during the call.
  package func read(_ entry: FileEntry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard entry.size > 0 else { return }
    try withContent(of: entry) { descriptor, offset in
      let capacity = Int(min(entry.size, 1 << 18))
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 4096)
      defer { buffer.deallocate() }
      var done: Int64 = 0
      while done < entry.size {
        let want = Int(min(Int64(capacity), entry.size - done))
        let got = try system("read", "\(entry.path)") {
          pread(descriptor, buffer.baseAddress, want, off_t(offset + done))
        }
        if got == 0 { throw ContentChanged(path: entry.path, expected: entry.size, found: done) }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        done += Int64(got)
      }
    }
  }

  /// What is to be known of the content of each regular file that is not empty, by index. Of `known` ones, by
  /// path, nothing is read.
  package func examine(
    _ entries: [FileEntry], known: [TreePath: PackedContent] = [:], threads: Int
  ) throws -> [PackedContent?] {
    let found = try entries.mapContents(threads: threads) { entry -> PackedContent? in
      if entry.size == 0 { return nil }
      if let content = known[entry.path] { return content }
      var examination = ContentExamination()
      try read(entry) { examination.update($0) }
      return examination.finish()
    }
    return found.map { $0 ?? nil }
  }
}
