import BuildModel
import Diagnosis
import FileTree

/// One file that the image takes from `guest/artifacts` or from beside it.
package struct GuestFilePlan: Sendable, Equatable {
  /// In the image.
  package var path: TreePath
  package var mode: UInt16
  package var source: Source

  package enum Source: Sendable, Equatable {
    /// Below the artifacts directory.
    case artifact(TreePath)
    /// One of the guest's programs, by name.
    case binary(String)
    case certificate
    case link(target: String)
  }

  package init(path: TreePath, mode: UInt16, source: Source) {
    self.path = path
    self.mode = mode
    self.source = source
  }
}

/// What lies on the host for the image, by name only.
package struct GuestListing: Sendable, Equatable {
  /// Regular files below `guest/artifacts`, in any order.
  package var artifacts: [TreePath]
  /// Names in the directory of the guest's programs; empty when there is none.
  package var binaries: [String]
  package var hasCertificate: Bool

  package init(artifacts: [TreePath], binaries: [String], hasCertificate: Bool) {
    self.artifacts = artifacts
    self.binaries = binaries
    self.hasCertificate = hasCertificate
  }
}

/// The plan of the guest's own files: a function of names, which nothing needs to be built for.
package struct GuestFiles: Sendable, Equatable {
  /// Sorted by path.
  package var files: [GuestFilePlan]

  /// The programs that a guest has, whatever else lies in their directory.
  package static let binaries = [
    "capsem-dns-proxy", "capsem-mcp-server", "capsem-net-proxy", "capsem-pty-agent", "capsem-sysutil",
  ]

  package static let certificate: TreePath = "usr/local/share/ca-certificates/capsem-ca.crt"

  /// One file each: its name in the artifacts, its place and mode.
  private static let single: [(name: String, path: TreePath, mode: UInt16)] = [
    ("banner.txt", "etc/capsem-banner.txt", 0o644),
    ("capsem-bashrc", "etc/capsem-bashrc", 0o644),
    ("capsem-bench", "usr/local/bin/capsem-bench", 0o555),
    ("capsem-doctor", "usr/local/bin/capsem-doctor", 0o755),
    ("snapshots", "usr/local/bin/snapshots", 0o555),
    ("tips.txt", "etc/capsem-tips.txt", 0o644),
  ]

  private static let directories: [(name: TreePath, path: TreePath)] = [
    ("capsem_bench", "usr/local/lib/capsem_bench"), ("diagnostics", "usr/local/lib/capsem-tests"),
  ]

  /// `requireBinaries` and `requireCertificate` make an absence of theirs an error, too; otherwise
  /// the image goes without.
  package init(
    _ listing: GuestListing, requireBinaries: Bool, requireCertificate: Bool
  ) throws(Report) {
    let artifacts = Set(listing.artifacts)
    var missing: [String] = []
    var files: [GuestFilePlan] = []
    for (name, path, mode) in GuestFiles.single {
      let source = TreePath(stringLiteral: name)
      if !artifacts.contains(source) { missing.append(name) }
      files.append(GuestFilePlan(path: path, mode: mode, source: .artifact(source)))
    }
    for (name, path) in GuestFiles.directories {
      let below = artifacts.filter { $0.isBelow(name) && !GuestFiles.isByproduct($0) }
      if below.isEmpty { missing.append("\(name.description.dropFirst())/") }
      for source in below {
        let rest = source.bytes.dropFirst(name.bytes.count + 1)
        files.append(GuestFilePlan(path: path.appending(rest), mode: 0o644, source: .artifact(source)))
      }
    }
    files.append(
      GuestFilePlan(path: "usr/local/bin/capsem-test", mode: 0o777, source: .link(target: "capsem-doctor")))
    for name in GuestFiles.binaries {
      if listing.binaries.contains(name) {
        files.append(
          GuestFilePlan(
            path: TreePath(stringLiteral: "usr/local/bin/\(name)"), mode: 0o555, source: .binary(name)))
      } else if requireBinaries {
        missing.append("the guest program \(name)")
      }
    }
    if listing.hasCertificate {
      files.append(GuestFilePlan(path: GuestFiles.certificate, mode: 0o644, source: .certificate))
    } else if requireCertificate {
      missing.append("the CA certificate")
    }
    guard missing.isEmpty else {
      throw Report(
        "cannot install the guest's files: missing \(missing.joined(separator: ", "))",
        hints: [
          "`capsem-native init NEW` writes a guest with all artifacts, to copy from",
          "[build.guest] says whether programs and certificate have to be there",
        ])
    }
    self.files = files.sorted { $0.path < $1.path }
  }

  /// What running the artifacts on the host leaves beside them.
  private static func isByproduct(_ path: TreePath) -> Bool {
    path.bytes.split(separator: UInt8(ascii: "/")).contains { part in
      part.elementsEqual("__pycache__".utf8) || part.elementsEqual(".pytest_cache".utf8)
        || part.elementsEqual(".DS_Store".utf8)
    }
  }

  /// Makes files in a tree. `open` answers a content by digest; the name stands in errors. `root` stays
  /// the caller's.
  package static func place(
    _ files: [PlacedFile], in root: CInt, modified: Timestamp,
    open: (Digest, _ name: String) throws -> Descriptor
  ) throws {
    var writer = TreeWriter(root: root)
    var made: Set<TreePath> = []
    var places: [TreePath] = []
    for file in files {
      guard let path = TreePath(file.path) else {
        throw Report("cannot install \(file.path): not a path in the image")
      }
      places.append(path)
      try make(path.parent, &writer, made: &made)
      switch file.content {
      case .link(let target):
        try writer.remove(path)
        try writer.makeSymbolicLink(
          FileEntry(
            path: path, kind: .symbolicLink(target: Array(target.utf8)), mode: 0o777, modified: modified),
          target: Array(target.utf8))
      case .object(let digest):
        let content = try open(digest, file.path)
        let bytes = try readAll(content.raw, named: file.path)
        try writer.replaceFile(path, with: bytes, mode: file.mode, modified: modified)
      }
    }
    writer.forgetDirectories()
    for directory in made.sorted().reversed() {
      try writer.setDirectory(FileEntry(path: directory, kind: .directory, mode: 0o755, modified: modified))
    }
    for directory in Set(places.map(\.parent)).union(made.map(\.parent)).subtracting(made) {
      try writer.setTime(modified, of: directory)
    }
  }

  private static func make(_ path: TreePath, _ writer: inout TreeWriter, made: inout Set<TreePath>) throws {
    if path.isRoot { return }
    try make(path.parent, &writer, made: &made)
    if try writer.makeDirectory(path) { made.insert(path) }
  }
}
