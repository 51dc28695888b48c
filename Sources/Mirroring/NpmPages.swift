import Archive
import BuildModel
import Diagnosis
import FileTree
import Json

/// The mirror's npm registry, as plain files: a page for each package, and an npmrc for clients. npm asks
/// for tarballs at the host that it has its pages from, whatever host they name.
struct NpmPages {
  struct Tarball {
    /// Below the mirror's directory: "npm/@acme/cli/-/cli-1.0.0.tgz".
    var path: String
    var integrity: NpmIntegrity
    /// Its package.json.
    var manifest: JSONValue
  }

  var tarballs: [Tarball]
  /// Where the directory is offered; nil when nobody has said.
  var url: String?

  static let directory = "npm"
  static let settings = "npmrc"

  /// Below the mirror's directory.
  static func path(of package: LockedNpmPackage) -> String {
    let base = package.name.split(separator: "/").last ?? ""
    return "\(directory)/\(package.name)/-/\(base)-\(package.version).tgz"
  }

  static func isTarball(_ path: String) -> Bool {
    path.hasPrefix("\(directory)/") && path.contains("/-/") && path.hasSuffix(".tgz")
  }

  /// The pages, by path below the mirror's directory; nothing when there are no packages.
  var pages: [String: [UInt8]] {
    if tarballs.isEmpty { return [:] }
    var pages: [String: [UInt8]] = [:]
    let packages = Dictionary(grouping: tarballs) { $0.manifest["name"]?.string ?? "" }
    for (name, tarballs) in packages {
      pages["\(NpmPages.directory)/\(name)/index.html"] = Array(page(of: name, tarballs).rendered().utf8)
    }
    let registry = "\(url ?? "http://localhost")/\(NpmPages.directory)/"
    pages[NpmPages.settings] = Array("registry=\(registry)\nreplace-registry-host=always\n".utf8)
    return pages
  }

  private func page(of name: String, _ tarballs: [Tarball]) -> JSONText {
    let versions = tarballs.compactMap { tarball in
      tarball.manifest["version"]?.string.map { (version: $0, tarball: tarball) }
    }.sorted { ($0.version, $0.tarball.path) < ($1.version, $1.tarball.path) }
    // A client that names no version gets the newest; a pre-release only where there is nothing else.
    let newest = versions.map(\.version).max { a, b in
      switch (NpmVersion(a), NpmVersion(b)) {
      case (let a?, let b?): (!a.isRelease && b.isRelease) || (a.isRelease == b.isRelease && a < b)
      default: a < b
      }
    }
    return .object([
      ("name", .string(name)),
      ("dist-tags", .object(newest.map { [("latest", .string($0))] } ?? [])),
      ("versions", .object(versions.map { ($0.version, manifest(of: $0.tarball).text) })),
    ])
  }

  private func manifest(of tarball: Tarball) -> JSONValue {
    var members = tarball.manifest.members ?? [:]
    let scripts = members["scripts"]?.members ?? [:]
    if ["preinstall", "install", "postinstall"].contains(where: { scripts[$0] != nil }) {
      members["hasInstallScript"] = .boolean(true)
    }
    members["dist"] = .object([
      "tarball": .string("\(url ?? "http://localhost")/\(tarball.path)"),
      "integrity": .string(tarball.integrity.text),
    ])
    return .object(members)
  }

  /// Reads one of the mirror's tarballs.
  static func tarball(_ descriptor: CInt, path: String) throws -> Tarball {
    let integrity = NpmIntegrity(digest: try SHA512.digest(ofFile: descriptor, named: path))
    let archive = try ArchiveReader(.tar, descriptor: descriptor, name: path)
    while let member = try archive.next() {
      let file = member.entry.path
      guard file.name.elementsEqual("package.json".utf8), file.parent.parent.isRoot, !file.parent.isRoot
      else {
        continue
      }
      let text = try archive.bytes(limit: 16 << 20)
      return Tarball(path: path, integrity: integrity, manifest: try JSONValue(parsing: text, named: path))
    }
    throw ArchiveError(path, "it has no package.json")
  }
}
