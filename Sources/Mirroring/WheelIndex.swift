import Archive
import BuildModel
import Diagnosis
import FileTree

/// The mirror's Python index: PEP 503's pages, with digests and with each wheel's metadata beside it, so
/// that a client resolves without fetching wheels. The pages tell of the metadata by PEP 714's name
/// alone: clients that know PEP 658's only (pip 22.3 to 23.1, Debian 12 among them) refuse a wheel whose
/// metadata spells the name in another way than who asks for it.
struct WheelIndex {
  struct Wheel {
    var name: WheelName
    var sha256: Digest
    var metadata: [UInt8]
  }

  /// A source distribution: "name-1.0.tar.gz".
  struct Source {
    var file: String
    var sha256: Digest
    /// Whose page lists it, normalised. The file's name does not tell: "name-1.0-beta.tar.gz" may be of two.
    var project: String
  }

  var wheels: [Wheel]
  var sources: [Source] = []

  /// The pages, by path below the mirror's directory.
  var pages: [String: [UInt8]] {
    let projects = Dictionary(grouping: wheels) { WheelName.normalized($0.name.distribution) }
    let fromSource = Dictionary(grouping: sources, by: \.project)
    let names = Set(projects.keys).union(fromSource.keys).sorted()
    let root = names.map { "<a href=\"\($0)/\">\($0)</a><br>\n" }.joined()
    var pages = ["\(MirrorPlan.index)/index.html": WheelIndex.page(title: "Python packages", root)]
    for project in names {
      let links =
        projects[project, default: []].sorted { $0.name.file < $1.name.file }.map(WheelIndex.link).joined()
        + fromSource[project, default: []].sorted { $0.file < $1.file }.map(WheelIndex.link).joined()
      pages["\(MirrorPlan.index)/\(project)/index.html"] = WheelIndex.page(title: project, links)
    }
    return pages
  }

  private static func page(title: String, _ body: String) -> [UInt8] {
    Array(
      """
      <!DOCTYPE html>
      <html>
      <head><meta charset="utf-8"><meta name="pypi:repository-version" content="1.0"><title>\(title)</title></head>
      <body>
      \(body)</body>
      </html>

      """.utf8)
  }

  private static func link(_ wheel: Wheel) -> String {
    let file = wheel.name.file
    var attributes = "data-core-metadata=\"sha256=\(Digest(of: wheel.metadata))\""
    if let python = header("requires-python", of: wheel.metadata) {
      attributes += " data-requires-python=\"\(escaped(python))\""
    }
    let reference = "../../\(MirrorPlan.wheels)/\(encoded(file))#sha256=\(wheel.sha256)"
    return "<a href=\"\(reference)\" \(attributes)>\(escaped(file))</a><br>\n"
  }

  private static func link(_ source: Source) -> String {
    let reference = "../../\(MirrorPlan.wheels)/\(encoded(source.file))#sha256=\(source.sha256)"
    return "<a href=\"\(reference)\">\(escaped(source.file))</a><br>\n"
  }

  /// The value of a header, whose name is given in lower case.
  private static func header(_ name: String, of metadata: [UInt8]) -> String? {
    for line in String(decoding: metadata, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
      // The description follows the headers after an empty line.
      if line.isEmpty { return nil }
      if line.lowercased().hasPrefix("\(name):") {
        return String(line.dropFirst(name.count + 1).drop { $0 == " " })
      }
    }
    return nil
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A local version's `+` would mean a space to some servers.
  private static func encoded(_ file: String) -> String {
    file.replacing("%", with: "%25").replacing("+", with: "%2B").replacing("#", with: "%23")
  }

  /// The project that a source distribution's own `PKG-INFO` names.
  static func project(ofSource descriptor: CInt, named name: String) throws -> String {
    let format: ArchiveReader.Format = name.hasSuffix(".zip") ? .zip : .tar
    let archive = try ArchiveReader(format, descriptor: descriptor, name: name)
    while let member = try archive.next() {
      let path = member.entry.path
      guard path.name.elementsEqual("PKG-INFO".utf8), path.parent.parent.isRoot else { continue }
      if let project = header("name", of: try archive.bytes(limit: 16 << 20)) {
        return WheelName.normalized(project)
      }
    }
    throw ArchiveError(name, "it has no PKG-INFO that names its project")
  }

  /// `METADATA` of a wheel's `.dist-info` directory.
  static func metadata(ofWheel descriptor: CInt, named name: String) throws -> [UInt8] {
    let archive = try ArchiveReader(.zip, descriptor: descriptor, name: name)
    while let member = try archive.next() {
      let path = member.entry.path
      guard path.name.elementsEqual("METADATA".utf8), path.parent.parent.isRoot,
        path.parent.description.hasSuffix(".dist-info")
      else { continue }
      return try archive.bytes(limit: 16 << 20)
    }
    throw ArchiveError(name, "it has no METADATA")
  }
}
