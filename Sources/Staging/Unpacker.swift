import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc

/// Unpacks one package's data.tar into a tree, and notes what dpkg would have noted.
struct Unpacker: ~Copyable {
  private var writer: TreeWriter
  private let claims: Claims
  private let diversions: Diversions
  private let awaitsConfiguration: Bool

  /// What dpkg appends to the name of a conffile until the package is configured.
  private static let suffix = Array(".dpkg-new".utf8)

  /// What unpacking yields for the database.
  struct Result: Sendable {
    /// Every path in archive order, as `info/*.list` names them, with the place in the tree where
    /// another package may take it over; directories have none.
    var list: [(path: TreePath, place: TreePath?)] = []
    /// MD5 of every name of a regular file, in archive order, when the package brings no sums itself.
    var sums: [(path: TreePath, sum: String)] = []
    /// What dpkg's status says of each conffile, by path: MD5, or `newconffile` until configuring gives it
    /// its name.
    var conffiles: [TreePath: String] = [:]
    /// Devices, which go into the image by record.
    var devices: [FileEntry] = []
    /// What is known of the files' contents.
    var known: [TreePath: (content: PackedContent, stamp: FileStamp)] = [:]

    /// Forgets the files whose place is another package's.
    mutating func drop(_ isLost: (TreePath) -> Bool) {
      for path in known.keys where isLost(path) { known[path] = nil }
      let lost = Set(list.filter { $0.place.map(isLost) ?? false }.map(\.path))
      if lost.isEmpty { return }
      list.removeAll { $0.place != nil && lost.contains($0.path) }
      sums.removeAll { lost.contains($0.path) }
      for path in lost { conffiles[path] = nil }
    }
  }

  /// With `awaitsConfiguration`, scripts see the conffiles as real dpkg shows them, under another name.
  init(root: CInt, claims: Claims, diversions: Diversions, awaitsConfiguration: Bool) {
    self.writer = TreeWriter(root: root)
    self.claims = claims
    self.diversions = diversions
    self.awaitsConfiguration = awaitsConfiguration
  }

  mutating func unpack(_ deb: DebianPackageFile, _ control: PackageControl, order: Int) throws -> Result {
    let name = control.locked.name
    let conffiles = Set(control.conffiles.filter(\.isShipped).map(\.path))
    var result = Result()
    let archive = try deb.dataArchive(installedSize: control.locked.installedSize)
    while let next = try archive.next() {
      do {
        try unpack(next, archive, control, conffiles, order: order, &result)
      } catch let failure as SystemFailure {
        throw EntryFailure(name, next.entry.path, failure)
      }
    }
    return result
  }

  private mutating func unpack(
    _ next: ArchiveEntry, _ archive: ArchiveReader, _ control: PackageControl, _ conffiles: Set<TreePath>,
    order: Int, _ result: inout Result
  ) throws {
    let name = control.locked.name
    var entry = next.entry
    // dpkg's lists have a path a line.
    guard !entry.path.bytes.contains(UInt8(ascii: "\n")) else {
      throw StagingError(name, .malformed("\(entry.path) has a newline in its name"))
    }
    if entry.path.isRoot {
      guard entry.kind == .directory else {
        throw StagingError(name, .malformed("data.tar has something other than a directory as the root"))
      }
      result.list.append((entry.path, nil))
      return
    }
    // dpkg knows no extended attributes.
    entry.extendedAttributes = []
    if entry.kind == .directory {
      result.list.append((entry.path, nil))
      let isNew = try writer.makeDirectory(entry.path)
      claims.claimDirectory(entry, order: order, isNew: isNew)
      return
    }
    let original = entry.path
    let claimed = diversions.place(original, of: name)
    result.list.append((original, MergedUsr.place(claimed)))
    switch claims.claim(claimed, for: name) {
    case .ours: break
    case .leave: return
    case .conflict(let other): throw StagingError(name, .conflict(path: claimed, other: other))
    }
    defer { claims.release(claimed) }
    let waits = awaitsConfiguration ? conffiles : []
    entry.path = waiting(claimed, waits.contains(original))
    if waits.contains(original) { result.conffiles[original] = "newconffile" }
    if let target = next.hardLinkTarget {
      let place = waiting(diversions.place(target, of: name), waits.contains(target))
      try replacing(entry.path) { writer throws in try writer.makeHardLink(entry.path, to: place) }
      if let known = result.sums.first(where: { $0.path == target }) {
        result.sums.append((original, known.sum))
      }
      return
    }
    var sums: Sums = conffiles.subtracting(waits).contains(original) ? .conffile : []
    if control.member("md5sums") == nil { sums.insert(.list) }
    try make(entry, archive, sums, original, &result)
  }

  private func waiting(_ path: TreePath, _ waits: Bool) -> TreePath {
    waits ? path.parent.appending(path.name + Unpacker.suffix) : path
  }

  /// Where the MD5 of a file is wanted.
  private struct Sums: OptionSet {
    let rawValue: Int
    static let conffile = Sums(rawValue: 1)
    static let list = Sums(rawValue: 2)
  }

  private mutating func make(
    _ entry: FileEntry, _ archive: ArchiveReader, _ sums: Sums, _ original: TreePath,
    _ result: inout Result
  ) throws {
    switch entry.kind {
    case .file:
      var sum: MD5.Hasher? = sums.isEmpty ? nil : MD5.Hasher()
      var examination = ContentExamination()
      var stamp: FileStamp?
      // The end of what was examined; nil when a sparse entry left something out.
      var end: Int64? = 0
      try replacing(entry.path) { writer throws in
        stamp = try writer.makeFile(entry) { descriptor in
          try archive.content { piece, offset in
            if !sums.isEmpty { sum!.update(piece) }
            if offset == end { examination.update(piece) }
            end = offset == end ? offset + Int64(piece.count) : nil
            try writeAll(piece, to: descriptor, at: offset, named: entry.path.description)
          }
        }
      }
      if let stamp, end == stamp.size, stamp.size > 0 {
        result.known[MergedUsr.place(entry.path)] = (examination.finish(), stamp)
      }
      if let text = sum.take()?.finish() {
        if sums.contains(.conffile) { result.conffiles[original] = text }
        if sums.contains(.list) { result.sums.append((original, text)) }
      }
    case .symbolicLink(let target):
      // dpkg leaves a directory alone where the package has a link.
      if try writer.kind(entry.path) == Glibc.S_IFDIR { return }
      try replacing(entry.path) { writer throws in try writer.makeSymbolicLink(entry, target: target) }
    case .fifo:
      try replacing(entry.path) { writer throws in try writer.makeFIFO(entry) }
    case .characterDevice, .blockDevice:
      var device = entry
      device.path = MergedUsr.place(entry.path)
      result.devices.append(device)
    case .directory, .socket: break
    }
  }

  /// Runs `body`; when the name is taken, by what a script made or an earlier package left, once more
  /// after taking it away: dpkg overwrites what no package owns.
  private mutating func replacing(
    _ path: TreePath, _ body: (inout TreeWriter) throws -> Void
  ) throws {
    if try writer.kind(path) != nil { try writer.remove(path) }
    try body(&writer)
  }
}
