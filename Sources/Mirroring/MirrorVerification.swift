import Diagnosis
import FileTree
import Glibc

/// Whether a mirror is, byte for byte, what its `mirror.json` says.
package struct MirrorVerification: Sendable, Equatable {
  package enum Finding: Sendable, Equatable {
    case missing
    case altered(String)
    case superfluous
  }

  /// Files that were compared, and their bytes.
  package private(set) var files = 0
  package private(set) var bytes: Int64 = 0
  /// By path, sorted.
  package private(set) var findings: [(path: String, finding: Finding)] = []

  /// Of the directory at `path`.
  package init(of path: String) throws {
    guard let catalogue = try MirrorDirectory.catalogue(of: path) else {
      throw Report(
        "cannot verify \(path): it has no \(MirrorCatalogue.name), so it is no mirror",
        hints: ["`capsem-native mirror GUEST \(path)` makes one"])
    }
    let root = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
    var found: [String: FileEntry] = [:]
    for entry in try TreeWalk.entries(below: root.raw) where entry.kind != .directory {
      found[String(entry.path.description.dropFirst())] = entry
    }
    found[MirrorCatalogue.name] = nil
    for path in Set(found.keys).union(catalogue.files.keys).sorted() {
      guard let file = catalogue.files[path] else {
        findings.append((path, .superfluous))
        continue
      }
      guard let entry = found[path] else {
        findings.append((path, .missing))
        continue
      }
      files += 1
      bytes += file.size
      if let reason = try MirrorVerification.difference(entry, file, DirectoryContents(root: root.raw)) {
        findings.append((path, .altered(reason)))
      }
    }
  }

  private static func difference(_ entry: FileEntry, _ file: MirroredFile, _ contents: DirectoryContents)
    throws -> String?
  {
    guard entry.kind == .file else { return "expected a regular file" }
    guard entry.size == file.size else { return "expected \(file.size) bytes, found \(entry.size)" }
    return try contents.withContent(of: entry) { descriptor, _ in
      let digest = try Digest(ofFile: descriptor, named: entry.path.description)
      return digest == file.sha256 ? nil : "expected SHA-256 \(file.sha256), found \(digest)"
    }
  }

  package static func == (a: MirrorVerification, b: MirrorVerification) -> Bool {
    a.files == b.files && a.bytes == b.bytes && a.findings.elementsEqual(b.findings, by: ==)
  }

  /// Throws what is wrong, all of it.
  package func check(_ path: String) throws(Report) {
    if findings.isEmpty { return }
    throw Report(
      "cannot trust the mirror \(path): \(findings.count) file(s) are not as \(MirrorCatalogue.name) says",
      causes: findings.map { path, finding in
        switch finding {
        case .missing: "missing: \(path)"
        case .altered(let reason): "altered: \(path): \(reason)"
        case .superfluous: "superfluous: \(path)"
        }
      },
      hints: [
        "`capsem-native mirror GUEST \(path)` writes what is missing or altered again; remove what is superfluous"
      ])
  }
}
