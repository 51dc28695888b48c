import CArchive
import FileTree
import Glibc

/// An entry as the archive's header tells it, with nothing taken from the host.
package struct ArchiveEntry: Sendable {
  package var entry: FileEntry
  /// The earlier entry that this one is another name of; its kind is `.file` then.
  package var hardLinkTarget: TreePath?
  /// The name as the archive spells it, before `entry.path` took off a leading slash or `./`.
  package var spelledName: [UInt8]

  package init(entry: FileEntry, hardLinkTarget: TreePath?, spelledName: [UInt8]? = nil) {
    self.entry = entry
    self.hardLinkTarget = hardLinkTarget
    self.spelledName = spelledName ?? entry.path.bytes
  }

  init(header: OpaquePointer, archive: String) throws(ArchiveError) {
    let raw = try ArchiveEntry.text(
      archive_entry_pathname(header) ?? archive_entry_pathname_utf8(header), "a name", archive)
    guard let path = TreePath(raw) else {
      throw ArchiveError(archive, "refusing \(ArchiveEntry.shown(raw)): the name leads out of the tree")
    }
    var linkTarget: TreePath?
    if let link = archive_entry_hardlink(header) ?? archive_entry_hardlink_utf8(header) {
      let raw = Array(UnsafeRawBufferPointer(start: link, count: strlen(link)))
      guard let target = TreePath(raw) else {
        throw ArchiveError(
          archive, "refusing \(path): its hard link target \(ArchiveEntry.shown(raw)) leads out of the tree")
      }
      linkTarget = target
    }
    let kind: FileEntry.Kind
    if linkTarget != nil {
      kind = .file
    } else {
      kind = try ArchiveEntry.kind(of: header, path: path, archive: archive)
    }
    // The largest number is none: chown(2) takes it for "as it was".
    guard let user = UInt32(exactly: archive_entry_uid(header)), user != .max,
      let group = UInt32(exactly: archive_entry_gid(header)), group != .max
    else { throw ArchiveError(archive, "\(path) has an owner that is not a 32-bit number") }
    var size: Int64 = 0
    if case .file = kind { size = archive_entry_size(header) }
    if case .symbolicLink(let target) = kind { size = Int64(target.count) }
    guard size >= 0 else { throw ArchiveError(archive, "\(path) has a negative size") }
    self.entry = FileEntry(
      path: path, kind: kind, mode: UInt16(truncatingIfNeeded: archive_entry_perm(header)) & 0o7777,
      owner: Owner(user: user, group: group),
      modified: Timestamp(
        seconds: Int64(archive_entry_mtime(header)),
        nanoseconds: UInt32(truncatingIfNeeded: archive_entry_mtime_nsec(header))),
      size: size, extendedAttributes: ArchiveEntry.attributes(of: header))
    self.hardLinkTarget = linkTarget
    self.spelledName = raw
  }

  private static func kind(
    of header: OpaquePointer, path: TreePath, archive: String
  ) throws(ArchiveError) -> FileEntry.Kind {
    switch UInt32(archive_entry_filetype(header)) {
    case UInt32(Glibc.S_IFREG): return .file
    case UInt32(Glibc.S_IFDIR): return .directory
    case UInt32(Glibc.S_IFLNK):
      return .symbolicLink(
        target: try text(
          archive_entry_symlink(header) ?? archive_entry_symlink_utf8(header), "a link target", archive))
    case UInt32(Glibc.S_IFCHR):
      return .characterDevice(
        major: UInt32(archive_entry_rdevmajor(header)), minor: UInt32(archive_entry_rdevminor(header)))
    case UInt32(Glibc.S_IFBLK):
      return .blockDevice(
        major: UInt32(archive_entry_rdevmajor(header)), minor: UInt32(archive_entry_rdevminor(header)))
    case UInt32(Glibc.S_IFIFO): return .fifo
    default: throw ArchiveError(archive, "\(path) is of a kind that no tree holds")
    }
  }

  private static func attributes(of header: OpaquePointer) -> [ExtendedAttribute] {
    var result: [ExtendedAttribute] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    archive_entry_xattr_reset(header)
    while archive_entry_xattr_next(header, &name, &value, &size) == ARCHIVE_OK, let name {
      result.append(
        ExtendedAttribute(
          name: String(cString: name), value: Array(UnsafeRawBufferPointer(start: value, count: size))))
    }
    return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func text(
    _ pointer: UnsafePointer<CChar>?, _ what: String, _ archive: String
  ) throws(ArchiveError) -> [UInt8] {
    guard let pointer, pointer.pointee != 0 else { throw ArchiveError(archive, "an entry without \(what)") }
    return Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  }

  private static func shown(_ raw: [UInt8]) -> String { "\"\(String(decoding: raw, as: UTF8.self))\"" }
}
