import Archive
import BuildModel
import FileTree

/// What a package's control.tar holds.
struct PackageControl: Sendable {
  var locked: LockedPackage
  var file: ControlFile
  /// The control file as it was packed.
  var text: [UInt8]
  /// Every member but `control`, sorted by name: postinst, conffiles, triggers, ….
  var members: [Member]

  struct Member: Sendable {
    var name: String
    var bytes: [UInt8]
    var mode: UInt16
    var modified: Timestamp
  }

  private static let limit = 16 << 20

  init(of deb: DebianPackageFile, locked: LockedPackage) throws {
    self.locked = locked
    var text: String?
    var members: [Member] = []
    let archive = try deb.controlArchive()
    while let next = try archive.next() {
      guard next.hardLinkTarget == nil, next.entry.kind == .file else { continue }
      // deb(5) has no directories in control.tar.
      guard next.entry.path.parent.isRoot, !next.entry.path.bytes.contains(UInt8(ascii: "\n")) else {
        throw StagingError(locked.name, .malformed("control.tar holds \(next.entry.path)"))
      }
      let name = String(decoding: next.entry.path.bytes, as: UTF8.self)
      let bytes = try archive.bytes(limit: PackageControl.limit)
      if name == "control" {
        text = String(decoding: bytes, as: UTF8.self)
      } else {
        members.append(
          Member(name: name, bytes: bytes, mode: next.entry.mode, modified: next.entry.modified))
      }
    }
    guard let text, let file = ControlFile(text) else {
      throw StagingError(locked.name, .malformed("control.tar has no readable control file"))
    }
    // dpkg's own notes have no place in a package: parse.c, pdb_rejectstatus.
    for field in ["Status", "Config-Version", "Conffiles", "Triggers-Pending", "Triggers-Awaited"]
    where file[field] != nil {
      throw StagingError(locked.name, .malformed("its control file has a field \(field)"))
    }
    self.file = file
    self.text = Array(text.utf8)
    self.members = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (field, expected) in [
      ("Package", locked.name), ("Version", locked.version), ("Architecture", locked.architecture),
    ] {
      guard let found = file[field], found == expected else {
        throw StagingError(
          locked.name, .mismatch(field: field, expected: expected, found: file[field] ?? "none"))
      }
    }
    try checkTriggers()
  }

  var package: StagedPackage {
    let same = file["Multi-Arch"] == "same"
    return StagedPackage(
      name: locked.name, version: locked.version, architecture: locked.architecture,
      qualifiedName: same ? "\(locked.name):\(locked.architecture)" : locked.name)
  }

  func member(_ name: String) -> [UInt8]? { members.first { $0.name == name }?.bytes }

  private func lines(_ name: String) -> [String] {
    guard let bytes = member(name) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      var line = $0
      while line.last == " " || line.last == "\t" || line.last == "\r" { line.removeLast() }
      return String(line)
    }.filter { !$0.isEmpty }
  }

  /// Paths of conffiles, in the order of the member; those marked remove-on-upgrade are not shipped.
  var conffiles: [(path: TreePath, isShipped: Bool)] {
    lines("conffiles").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1)
      let isMarked = words.count == 2 && words[0] == "remove-on-upgrade"
      let path = isMarked ? String(words[1]) : line
      guard path.hasPrefix("/") else { return nil }
      return TreePath(path).map { ($0, !isMarked) }
    }
  }

  struct Triggers: Sendable {
    /// Interests and activations as (name, needs no await).
    var interests: [(name: String, noAwait: Bool)] = []
    var activations: [(name: String, noAwait: Bool)] = []
  }

  /// deb-triggers(5). dpkg refuses other names, too (trig_name_is_illegal); these three are files of
  /// its own in the directory where the explicit triggers are.
  private func checkTriggers() throws(StagingError) {
    let triggers = triggers
    for (name, _) in triggers.interests + triggers.activations {
      let isPrintable = !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7e).contains($0) }
      let isWord = name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-+.".utf8.contains(byte)
      }
      let isOurs = ["File", "Lock", "Unincorp", ".", ".."].contains(name)
      guard isPrintable, name.hasPrefix("/") ? TreePath(name) != nil : isWord && !isOurs else {
        throw StagingError(locked.name, .malformed("\"\(name)\" is no name of a trigger"))
      }
    }
  }

  var triggers: Triggers {
    var result = Triggers()
    for line in lines("triggers") where !line.hasPrefix("#") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard words.count >= 2 else { continue }
      switch words[0] {
      case "interest", "interest-await": result.interests.append((words[1], false))
      case "interest-noawait": result.interests.append((words[1], true))
      case "activate", "activate-await": result.activations.append((words[1], false))
      case "activate-noawait": result.activations.append((words[1], true))
      default: continue
      }
    }
    return result
  }

  var replaces: [Relation] { Relation.list(file["Replaces"]) }
}
