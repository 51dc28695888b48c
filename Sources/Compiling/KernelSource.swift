import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc

/// A kernel's source in the build root.
struct KernelSource {
  /// "6.1.170": VERSION, PATCHLEVEL and SUBLEVEL of its Makefile.
  var version: String
  /// When the Makefile was last changed, which every release does.
  var date: Timestamp

  /// The first two numbers.
  var branch: String { version.split(separator: ".").prefix(2).joined(separator: ".") }

  static let directory: TreePath = "build/source"

  /// Unpacks an archive without the directory that is around everything in it. `scratch` is an empty file
  /// for what lies compressed inside a package.
  init(
    unpacking source: LockedKernel.Source, content: CInt, scratch: CInt, into writer: inout TreeWriter,
    events: EventHandler
  ) throws {
    let archive: CInt
    let name: String
    switch source {
    case .package(let package):
      name = "\(package.name) \(package.version)"
      try KernelSource.extract(from: DebianPackageFile(descriptor: content, name: name), to: scratch)
      archive = scratch
    case .file(let file):
      (name, archive) = (file.name, content)
    }
    try writer.makeDirectories(KernelSource.directory)
    let reader = try ArchiveReader(.tar, descriptor: archive, name: name)
    var count: Int64 = 0
    var date: Timestamp?
    while let entry = try reader.next() {
      let parts = entry.entry.path.bytes.split(separator: UInt8(ascii: "/"))
      guard parts.count > 1 else { continue }
      var path = KernelSource.directory
      for part in parts.dropFirst() { path = path.appending(part) }
      if parts.count == 2, parts[1].elementsEqual("Makefile".utf8) { date = entry.entry.modified }
      try KernelSource.place(entry, at: path, of: reader, name, &writer)
      count += 1
      if count % 4096 == 0 { events(.activity(.kernel, "\(count) files of \(name)")) }
    }
    guard let date, let makefile = try writer.read(KernelSource.directory.appending("Makefile".utf8)),
      let version = KernelSource.version(in: String(decoding: makefile, as: UTF8.self))
    else {
      throw Report("cannot compile \(name): it has no kernel's Makefile at its top")
    }
    self.version = version
    self.date = date
  }

  private static func extract(from package: DebianPackageFile, to scratch: CInt) throws {
    let reader = try package.dataArchive()
    while let entry = try reader.next() {
      let name = entry.entry.path.name
      guard entry.entry.path.isBelow("usr/src"), case .file = entry.entry.kind,
        String(decoding: name, as: UTF8.self).contains(".tar.")
      else { continue }
      try reader.copyContent(to: scratch)
      return
    }
    throw Report("cannot compile \(package.name): it has no tar archive in /usr/src")
  }

  private static func place(
    _ entry: ArchiveEntry, at path: TreePath, of reader: ArchiveReader, _ name: String,
    _ writer: inout TreeWriter
  ) throws {
    var placed = FileEntry(path: path, kind: entry.entry.kind, mode: entry.entry.mode)
    placed.modified = entry.entry.modified
    switch entry.entry.kind {
    case .directory: try writer.makeDirectories(path)
    case .symbolicLink(let target): try writer.makeSymbolicLink(placed, target: target)
    case .file where entry.hardLinkTarget == nil:
      // An archive of another maker may leave directories to be understood.
      try writer.makeDirectories(path.parent)
      try writer.makeFile(placed) { try reader.copyContent(to: $0) }
    default: throw Report("cannot compile \(name): \(entry.entry.path) is neither file nor directory")
    }
  }

  static func version(in makefile: String) -> String? {
    var numbers: [String] = []
    for key in ["VERSION", "PATCHLEVEL", "SUBLEVEL"] {
      let line = makefile.split(separator: "\n").prefix(8).first { line in
        line.hasPrefix(key) && line.dropFirst(key.count).first.map { " =\t".contains($0) } == true
      }
      guard let value = line?.split(separator: "=").last.flatMap({ Int($0.filter { $0 != " " }) }) else {
        return nil
      }
      numbers.append("\(value)")
    }
    return numbers.joined(separator: ".")
  }
}
