import BuildModel
import Diagnosis
import FileTree

/// The guest's own files over a tree that is listed and not touched: what `GuestFiles.place` makes of the
/// tree on disk, as entries and contents. So a change of such a file needs no tree.
package struct GuestOverlay: Sendable {
  /// Of the tree with the files, sorted by path.
  package let entries: [FileEntry]
  /// The paths of what is the guest's.
  package let paths: Set<TreePath>
  private let table: OpenFiles

  /// `base` is sorted by path. Nil when what the tree has in a file's way, such as a symbolic link among its
  /// directories, makes the outcome a matter of the file system: then the tree itself has to be written.
  /// `open` answers a content by digest; the name stands in errors.
  package init?(
    _ files: [PlacedFile], over base: [FileEntry], modified: Timestamp,
    open: (Digest, _ name: String) throws -> Descriptor
  ) throws {
    var places: [TreePath: Int] = [:]
    var entries = base
    for (index, entry) in base.enumerated() { places[entry.path] = index }
    var paths: Set<TreePath> = []
    let table = OpenFiles()
    func put(_ entry: FileEntry) {
      if let index = places[entry.path] {
        entries[index] = entry
      } else {
        places[entry.path] = entries.count
        entries.append(entry)
      }
    }
    /// False when something else is there.
    func makeDirectory(_ path: TreePath) -> Bool {
      if let index = places[path] { return entries[index].kind == .directory }
      guard makeDirectory(path.parent) else { return false }
      put(FileEntry(path: path, kind: .directory, mode: 0o755, modified: modified))
      if let parent = places[path.parent] { entries[parent].modified = modified }
      return true
    }
    for file in files {
      guard let path = TreePath(file.path), !path.isRoot, makeDirectory(path.parent) else { return nil }
      if let index = places[path], entries[index].kind == .directory { return nil }
      switch file.content {
      case .link(let target):
        let bytes = Array(target.utf8)
        put(
          FileEntry(
            path: path, kind: .symbolicLink(target: bytes), mode: 0o777, modified: modified,
            size: Int64(bytes.count)))
      case .object(let digest):
        let content = try open(digest, file.path)
        put(
          FileEntry(
            path: path, kind: .file, mode: file.mode, modified: modified,
            size: try fileSize(content.raw, named: file.path)))
        table.keep(content, as: path)
      }
      paths.insert(path)
      if let parent = places[path.parent] { entries[parent].modified = modified }
    }
    self.entries = entries.sorted { $0.path < $1.path }
    self.paths = paths
    self.table = table
  }

  /// The files' contents, and those of the tree for every other path.
  package func contents<Base: FileContents>(over base: Base) -> some FileContents {
    OverlaidContents(own: table, base: base)
  }
}

/// Contents of some paths before those of a tree.
private struct OverlaidContents<Base: FileContents>: FileContents {
  let own: OpenFiles
  let base: Base

  func withContent<R>(of entry: FileEntry, _ body: (CInt, Int64) throws -> R) throws -> R {
    if let file = own[entry.path] { return try body(file, 0) }
    return try base.withContent(of: entry, body)
  }

  func withContent<R>(
    of entry: FileEntry, at position: Int64, _ body: (CInt, Int64) throws -> R
  ) throws -> R {
    if let file = own[entry.path] { return try body(file, position) }
    return try base.withContent(of: entry, at: position, body)
  }
}

extension Installation {
  /// The guest's files without the certificate, which the image's own programs read while it is installed.
  package var ownFiles: [PlacedFile] { files.filter { $0.path != GuestFiles.certificate.description } }

  /// What a tree has before the guest's own files come into it.
  package var withoutOwnFiles: Installation {
    var installation = self
    installation.files = files.filter { $0.path == GuestFiles.certificate.description }
    return installation
  }
}
