import BuildModel
import Diagnosis
import FileTree
import Toml

/// One `[[packages]]` of a `pylock.toml` (PEP 751), as far as a lock of wheels needs it.
package struct PylockPackage: Sendable, Equatable {
  package var name: String
  package var version: String
  /// Empty when the package is needed everywhere.
  package var marker: String
  package var wheels: [OfferedWheel]
  /// Whether it can also be had as source.
  package var hasSource: Bool
  package var source: OfferedWheel?
  /// The file that a requirement names by its address.
  package var archive: OfferedWheel?

  package init(
    name: String, version: String, marker: String, wheels: [OfferedWheel], hasSource: Bool,
    source: OfferedWheel? = nil, archive: OfferedWheel? = nil
  ) {
    self.name = name
    self.version = version
    self.marker = marker
    self.wheels = wheels
    self.hasSource = hasSource
    self.source = source
    self.archive = archive
  }
}

extension PylockPackage {
  /// The packages of a `pylock.toml`, in its order.
  package static func packages(parsing bytes: [UInt8]) throws -> [PylockPackage] {
    let root = try TomlDocument(parsing: bytes, file: "pylock.toml").root
    let version = try root.string("lock-version") ?? ""
    guard version.hasPrefix("1.") else {
      throw Report(
        "cannot read what uv resolved: expected pylock.toml of version 1, found \"\(version)\"",
        hints: ["use a newer or older uv, or report this"])
    }
    return try root.tables("packages").map { table in
      guard let name = try table.string("name"), let version = try table.string("version") else {
        throw Report("cannot read what uv resolved: a package without name or version")
      }
      return PylockPackage(
        name: name, version: version, marker: try table.string("marker") ?? "",
        wheels: try table.tables("wheels").map(OfferedWheel.init), hasSource: table["sdist"] != nil,
        source: try table.table("sdist").map(OfferedWheel.init),
        archive: try table.table("archive").map(OfferedWheel.init))
    }
  }
}

extension OfferedWheel {
  /// An entry without `name` is named by the last part of its address (PEP 751).
  init(_ table: TomlTable) throws {
    let url = try table.string("url") ?? table.string("path") ?? ""
    let last = url.prefix { $0 != "#" && $0 != "?" }.split(separator: "/").last ?? ""
    self.init(
      file: try table.string("name") ?? PythonReference.decoded(last), url: url,
      size: try table.integer("size"),
      sha256: try table.table("hashes")?.string("sha256").flatMap { Digest(hex: $0) })
  }
}
