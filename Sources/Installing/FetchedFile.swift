import Archive
import Diagnosis
import FileTree
import Glibc

/// What a file that was fetched turns out to be.
enum FetchedFile: Equatable {
  case archive(ArchiveReader.Format)
  /// Begins with `#!`.
  case script
  /// An ELF program.
  case program
  case data

  init(_ descriptor: CInt, named name: String) throws {
    var head = [UInt8](repeating: 0, count: 4)
    let count = try system("read", name) { pread(descriptor, &head, head.count, 0) }
    head = Array(head.prefix(count))
    if head.starts(with: "#!".utf8) {
      self = .script
    } else if head.elementsEqual([0x7f] + Array("ELF".utf8)) {
      self = .program
    } else if head.elementsEqual([0x50, 0x4b, 3, 4]) {
      self = .archive(.zip)
    } else if FetchedFile.isTar(descriptor, named: name) {
      self = .archive(.tar)
    } else {
      self = .data
    }
  }

  private static func isTar(_ descriptor: CInt, named name: String) -> Bool {
    guard let archive = try? ArchiveReader(.tar, descriptor: descriptor, name: name) else { return false }
    return (try? archive.next()) != nil
  }
}

/// Unpacks an archive that was fetched: root's, with its own modes and links that stay inside.
struct FetchedArchive {
  var format: ArchiveReader.Format
  var name: String
  var descriptor: CInt

  /// Into `directory`, which is made. Nothing is written outside of it, whatever links the archive has.
  func unpack(into directory: TreePath, of root: CInt, modified: Timestamp) throws {
    var outer = TreeWriter(root: root)
    try outer.makeDirectories(directory, modified: modified)
    let place = try outer.openDirectory(directory)
    var writer = TreeWriter(root: place.raw)
    let archive = try ArchiveReader(format, descriptor: descriptor, name: name)
    while let next = try archive.next() {
      if next.entry.path.isRoot { continue }
      do {
        try make(next, archive, &writer, modified)
      } catch let failure as SystemFailure {
        throw EntryFailure(name, next.entry.path, failure)
      }
    }
  }

  private func make(
    _ next: ArchiveEntry, _ archive: ArchiveReader, _ writer: inout TreeWriter, _ modified: Timestamp
  ) throws {
    var entry = next.entry
    (entry.owner, entry.modified, entry.extendedAttributes) = (.root, modified, [])
    try writer.makeDirectories(entry.path.parent, modified: modified)
    if let target = next.hardLinkTarget {
      try writer.makeHardLink(entry.path, to: target)
      return
    }
    switch entry.kind {
    case .directory: try writer.makeDirectories(entry.path, modified: modified)
    case .file:
      entry.mode = entry.mode & 0o111 == 0 ? 0o644 : 0o755
      try writer.makeFile(entry) { try archive.copyContent(to: $0) }
    case .symbolicLink(let target):
      guard FetchedArchive.staysInside(target, of: entry.path.parent) else {
        throw Report(
          "cannot unpack \(name): the link \(entry.path) leads out of the archive, to "
            + "\"\(String(decoding: target, as: UTF8.self))\"")
      }
      try writer.makeSymbolicLink(entry, target: target)
    default:
      throw Report("cannot unpack \(name): \(entry.path) is neither file, directory nor link")
    }
  }

  private static func staysInside(_ target: [UInt8], of directory: TreePath) -> Bool {
    if target.first == UInt8(ascii: "/") { return false }
    var depth = directory.bytes.split(separator: UInt8(ascii: "/")).count
    for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      depth += part.elementsEqual("..".utf8) ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }
}
