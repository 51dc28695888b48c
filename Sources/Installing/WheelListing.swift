import Archive
import BuildModel
import FileTree

/// What the entries of a wheel's archive say, before they are believed.
struct WheelListing {
  private let wheel: String
  private var files: [(path: TreePath, isExecutable: Bool)] = []
  private var seen: Set<TreePath> = []
  private(set) var directories: [TreePath] = []
  /// The content of the files that describe the wheel, by path.
  private(set) var small: [String: [UInt8]] = [:]

  private static let describing = ["RECORD", "METADATA", "WHEEL", "entry_points.txt"]
  /// Not listed with a digest, or written by the installer in place of the wheel's own.
  private static let omitted = [
    "RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json",
  ]

  init(wheel: String) { self.wheel = wheel }

  mutating func add(_ member: ZipArchive.Member, from reader: ZipReader) throws {
    let path = member.entry.path
    guard member.spelledName.first != UInt8(ascii: "/") else {
      throw WheelError(
        wheel, "refusing \"\(String(decoding: member.spelledName, as: UTF8.self))\": an absolute name")
    }
    guard String(validating: path.bytes, as: UTF8.self) != nil, !path.isRoot else {
      throw WheelError(wheel, "refusing \(path): the name is empty or not UTF-8")
    }
    switch member.entry.kind {
    case .directory: directories.append(path)
    case .file:
      guard seen.insert(path).inserted else { throw WheelError(wheel, "refusing \(path): it is there twice") }
      files.append((path, member.entry.mode & 0o111 != 0))
      let parts = String(decoding: path.bytes, as: UTF8.self).split(separator: "/")
      if parts.count == 2, parts[0].hasSuffix(".dist-info"),
        WheelListing.describing.contains(String(parts[1]))
      {
        small["\(parts[0])/\(parts[1])"] = try reader.bytes(of: member, limit: 32 << 20)
      }
    default: throw WheelError(wheel, "refusing \(path): a wheel holds files only, no links or devices")
    }
  }

  /// The one directory of metadata, which must be named for the wheel.
  func distInfo(of name: WheelName) throws(WheelError) -> String {
    let tops = Set(files.map { $0.path.bytes.prefix { $0 != UInt8(ascii: "/") } })
    let found = tops.map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasSuffix(".dist-info") }
      .sorted()
    guard found.count == 1, let distInfo = found.first else {
      throw WheelError(
        wheel,
        "expected one .dist-info directory, found \(found.isEmpty ? "none" : found.joined(separator: ", "))")
    }
    let parts = distInfo.dropLast(".dist-info".count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, WheelName.normalized(parts[0]) == WheelName.normalized(name.distribution),
      let version = PythonVersion(parts[1]), version == PythonVersion(name.version)
    else {
      throw WheelError(
        wheel, "expected \(name.distribution)-\(name.version).dist-info, found \(distInfo)")
    }
    return distInfo
  }

  func text(of file: String, in distInfo: String) throws(WheelError) -> String {
    guard let bytes = small["\(distInfo)/\(file)"] else {
      throw WheelError(wheel, "\(distInfo)/\(file) is missing")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The files with RECORD's digests: every file is listed there, every row is a file.
  func members(distInfo: String) throws(WheelError) -> [WheelFile.Member] {
    guard let bytes = small["\(distInfo)/RECORD"] else {
      throw WheelError(wheel, "\(distInfo)/RECORD is missing")
    }
    var rows: [TreePath: WheelRecord.Row] = [:]
    for row in try WheelRecord(parsing: bytes, wheel: wheel).rows {
      guard !row.path.hasPrefix("/"), let path = TreePath(row.path), !path.isRoot else {
        throw WheelError(wheel, "RECORD names \"\(row.path)\", which leads out of the wheel")
      }
      if let known = rows.updateValue(row, forKey: path), known != row {
        throw WheelError(wheel, "RECORD has two different rows for \(row.path)")
      }
    }
    let omitted = Set(WheelListing.omitted.map { TreePath(unchecked: Array("\(distInfo)/\($0)".utf8)) })
    var members: [WheelFile.Member] = []
    for file in files {
      let row = rows.removeValue(forKey: file.path)
      if omitted.contains(file.path) { continue }
      guard let row else { throw WheelError(wheel, "\(file.path) is not listed in RECORD") }
      guard let digest = row.digest else { throw WheelError(wheel, "\(file.path) has no digest in RECORD") }
      members.append(
        WheelFile.Member(path: file.path, isExecutable: file.isExecutable, digest: digest, size: row.size))
    }
    if let missing = rows.keys.filter({ !omitted.contains($0) }).min() {
      throw WheelError(wheel, "RECORD lists \(missing), which is not in the wheel")
    }
    return members
  }
}

/// `Name: value` lines up to the first empty one. The first of several with one name counts.
struct WheelHeaders {
  private var values: [String: [Substring]] = [:]

  init(_ text: String) {
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
      let name = line[..<colon].lowercased()
      values[name, default: []].append(line[line.index(after: colon)...].trimmed)
    }
  }

  /// The first of that name.
  subscript(name: String) -> Substring? { all(name).first }

  func all(_ name: String) -> [Substring] { values[name.lowercased()] ?? [] }
}
