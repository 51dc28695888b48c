import Archive
import BuildModel
import FileTree

/// A wheel, examined: its files are listed and agree with its RECORD by name, and its metadata with
/// its file name. The content is checked against RECORD's digests when it is read.
package struct WheelFile: Sendable {
  package struct Member: Sendable, Equatable {
    package var path: TreePath
    package var isExecutable: Bool
    package var digest: Digest
    package var size: Int64?
  }

  package let name: WheelName
  package let distribution: String
  package let version: PythonVersion
  /// "requests-2.32.3.dist-info"
  package let distInfo: String
  package let entryPoints: EntryPoints
  /// Requirements of METADATA, as written.
  package let requirements: [String]
  /// Files in archive order, without RECORD, its signatures, and what an installer writes itself.
  package let members: [Member]
  /// Directories that have an entry of their own, in archive order.
  package let directories: [TreePath]
  private let archive: ZipArchive

  /// Reads the wheel behind `descriptor`, which stays the caller's and must stay open as long as this
  /// value is used. `target` refuses what was not made for it.
  package init(descriptor: CInt, file: String, target: PythonTarget? = nil) throws {
    guard let name = WheelName(file) else { throw WheelError(file, "that is not the name of a wheel") }
    self.name = name
    var listing = WheelListing(wheel: file)
    archive = try ZipArchive(descriptor: descriptor, name: file)
    let reader = archive.reader()
    for member in archive.members { try listing.add(member, from: reader) }
    let distInfo = try listing.distInfo(of: name)
    self.distInfo = distInfo
    (members, directories) = try (listing.members(distInfo: distInfo), listing.directories)

    let metadata = WheelHeaders(try listing.text(of: "METADATA", in: distInfo))
    guard let written = metadata["Name"], let version = metadata["Version"].flatMap({ PythonVersion($0) })
    else { throw WheelError(file, "METADATA lacks a name or a valid version") }
    guard WheelName.normalized(written) == WheelName.normalized(name.distribution) else {
      throw WheelError(
        file, "METADATA names another distribution: expected \(name.distribution), found \(written)")
    }
    guard version == PythonVersion(name.version) else {
      throw WheelError(
        file,
        "METADATA has another version: expected \(name.version), found \(metadata["Version"] ?? "")")
    }
    distribution = String(written)
    self.version = version
    requirements = metadata.all("Requires-Dist").map(String.init)
    let wheel = WheelHeaders(try listing.text(of: "WHEEL", in: distInfo))
    guard wheel["Wheel-Version"]?.hasPrefix("1.") == true else {
      throw WheelError(
        file, "expected wheel format 1, found \"\(wheel["Wheel-Version"] ?? "")\" in \(distInfo)/WHEEL")
    }
    entryPoints = try EntryPoints(
      parsing: listing.small["\(distInfo)/entry_points.txt"] ?? [], wheel: file)
    if let target { try check(against: target, requiresPython: metadata["Requires-Python"]) }
  }

  private func check(against target: PythonTarget, requiresPython: Substring?) throws(WheelError) {
    guard target.rank(of: name) != nil else {
      throw WheelError(
        name.file,
        "it is not made for Python \(target.python) on \(target.machine) with glibc 2.\(target.glibcMinor)")
    }
    if let requiresPython {
      guard let specifier = PythonSpecifier(requiresPython) else {
        throw WheelError(name.file, "METADATA has a Requires-Python that cannot be read: \(requiresPython)")
      }
      guard specifier.allows(target.version) else {
        throw WheelError(name.file, "it requires Python \(requiresPython), the image has \(target.python)")
      }
    }
  }

  /// Bytes of all files, where RECORD tells them.
  package var size: Int64 { members.reduce(0) { $0 + ($1.size ?? 0) } }

  /// Hands on members in archive order, with the index in `members` and what reads their content. Several
  /// threads may do so at once.
  package func read(_ body: (_ index: Int, _ content: WheelContent) throws -> Void) throws {
    let indexes = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.path, $0) })
    let reader = archive.reader()
    for stored in archive.members {
      if case .directory = stored.entry.kind { continue }
      if let index = indexes[stored.entry.path] {
        try body(
          index, WheelContent(wheel: name.file, member: members[index], stored: stored, reader: reader))
      }
    }
  }
}

/// The content of a wheel's member, which is checked against RECORD while it is read.
package struct WheelContent {
  let wheel: String
  let member: WheelFile.Member
  let stored: ZipArchive.Member
  let reader: ZipReader

  /// Of a small member.
  package func bytes(limit: Int = 64 << 20) throws -> [UInt8] {
    let bytes = try reader.bytes(of: stored, limit: limit)
    try check(digest: Digest(of: bytes), size: Int64(bytes.count))
    return bytes
  }

  /// Writes it to an open, empty file; tells what reading that file would.
  @discardableResult
  package func copy(to file: CInt) throws -> PackedContent {
    var examination = ContentExamination()
    var end: Int64 = 0
    try reader.content(of: stored) { piece in
      if let size = member.size, end + Int64(piece.count) > size {
        throw WheelError(wheel, "\(member.path) is larger than the \(size) bytes that RECORD tells")
      }
      examination.update(piece)
      try writeAll(piece, to: file, at: end, named: member.path.description)
      end += Int64(piece.count)
    }
    let content = examination.finish()
    try check(digest: content.digest, size: end)
    return content
  }

  private func check(digest: Digest, size: Int64) throws(WheelError) {
    guard digest == member.digest else {
      throw WheelError(
        wheel, "\(member.path) does not match RECORD: expected sha256 \(member.digest), found \(digest)")
    }
    guard member.size == nil || member.size == size else {
      throw WheelError(
        wheel, "\(member.path) does not match RECORD: expected \(member.size!) bytes, found \(size)")
    }
  }
}
