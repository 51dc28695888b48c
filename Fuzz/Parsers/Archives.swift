@testable import Archive
import FileTree

/// A Debian package: ar, then both tar archives to their ends.
func parseDebianPackage(_ input: UnsafeRawBufferPointer) throws {
  try withFile(input) { file in
    let package = try DebianPackageFile(descriptor: file, name: "input")
    try readToEnd(package.controlArchive(), budget: ArchiveBudget(archiveSize: Int64(input.count)))
    try readToEnd(package.dataArchive(), budget: ArchiveBudget(archiveSize: Int64(input.count)))
  }
}

/// tar with pax, GNU's and old forms, whatever compresses it.
func parseTar(_ input: UnsafeRawBufferPointer) throws {
  try withFile(input) { file in
    try readToEnd(
      ArchiveReader(.tar, descriptor: file, name: "input"),
      budget: ArchiveBudget(archiveSize: Int64(input.count)))
  }
}

/// What the reader hands on is within its budget, and below a tree's root.
private func readToEnd(_ reader: ArchiveReader, budget: ArchiveBudget) throws {
  var total: Int64 = 0
  while let next = try reader.next() {
    let path = next.entry.path
    precondition(TreePath(path.bytes) == path, "a path that is not in its own form")
    try reader.content { piece, offset in
      precondition(offset >= 0, "content before the beginning")
      total += Int64(piece.count)
      precondition(total <= budget.bytes, "more than the budget")
    }
  }
}

/// Every member of a zip archive, in this program's own reader.
func parseZip(_ input: UnsafeRawBufferPointer) throws {
  try withFile(input) { file in
    let archive = try ZipArchive(descriptor: file, name: "input")
    let reader = archive.reader()
    for member in archive.members {
      var size: Int64 = 0
      do { try reader.content(of: member) { size += Int64($0.count) } } catch { continue }
      precondition(size == member.entry.size, "a content of another size than the directory says")
    }
  }
}
