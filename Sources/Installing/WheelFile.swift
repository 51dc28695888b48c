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
  private let descriptor: CInt

  /// Reads the wheel behind `descriptor`, which stays the caller's and must stay open as long as this
  /// value is used. `target` refuses what was not made for it.
  package init(descriptor: CInt, file: String, target: PythonTarget? = nil) throws {
    guard let name = WheelName(file) else { throw WheelError(file, "that is not the name of a wheel") }
    self.name = name
    self.descriptor = descriptor
    var listing = WheelListing(wheel: file)
    let archive = try ArchiveReader(.zip, descriptor: descriptor, name: file)
    while let next = try archive.next() { try listing.add(next, from: archive) }
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

  /// Reads members from the archive, in archive order: those for which `body` wants the content get
  /// an `ArchiveReader` that stands at it. `index` counts in `members`. Several threads may do so at once.
  package func read(_ body: (_ index: Int, _ content: ArchiveReader) throws -> Void) throws {
    let indexes = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.path, $0) })
    let archive = try ArchiveReader(.zip, descriptor: descriptor, name: name.file)
    while let next = try archive.next() {
      if case .directory = next.entry.kind { continue }
      if let index = indexes[next.entry.path] { try body(index, archive) }
    }
  }

  /// The content of a small member, checked.
  package func bytes(of index: Int, from archive: ArchiveReader, limit: Int = 64 << 20) throws -> [UInt8] {
    let bytes = try archive.bytes(limit: limit)
    try check(digest: Digest(of: bytes), size: Int64(bytes.count), of: members[index])
    return bytes
  }

  /// Copies a member to an open, empty file, and checks it on the way.
  package func copy(_ index: Int, from archive: ArchiveReader, to file: CInt) throws {
    var hasher = Digest.Hasher()
    let member = members[index]
    var end: Int64 = 0
    try archive.content { piece, offset in
      guard offset == end else { throw WheelError(name.file, "\(member.path) has a hole") }
      end += Int64(piece.count)
      if let size = member.size, end > size {
        throw WheelError(name.file, "\(member.path) is larger than the \(size) bytes that RECORD tells")
      }
      hasher.update(piece)
      try writeAll(piece, to: file, at: offset, named: member.path.description)
    }
    try check(digest: hasher.finish(), size: end, of: member)
  }

  private func check(digest: Digest, size: Int64, of member: Member) throws(WheelError) {
    guard digest == member.digest else {
      throw WheelError(
        name.file, "\(member.path) does not match RECORD: expected sha256 \(member.digest), found \(digest)")
    }
    guard member.size == nil || member.size == size else {
      throw WheelError(
        name.file, "\(member.path) does not match RECORD: expected \(member.size!) bytes, found \(size)")
    }
  }
}
