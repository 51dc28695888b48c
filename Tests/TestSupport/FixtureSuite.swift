import FileTree

/// One suite of a Debian archive as it lies on a server: signed, with package indexes, by hash too.
package struct FixtureSuite: Sendable {
  package var suite = "bookworm"
  package var codename = "bookworm"
  package var date = "Sat, 21 Nov 2026 00:53:02 UTC"
  package var validUntil: String?
  package var acquiresByHash = true
  /// As Release writes them; the files' paths have the last part only.
  package var components = ["main"]
  package var architectures = ["amd64"]
  /// The name of the digest list: "SHA256", "MD5Sum".
  package var digests = "SHA256"
  /// By path below the suite's directory.
  package var files: [String: [UInt8]] = [:]

  /// `Date` as seconds, and a moment a little later.
  package static let date: Int64 = 1_795_222_382
  package static let now: Int64 = date + 3600

  package init(packages: String = "Package: hello\n") {
    // Not really compressed: whoever fetches looks at digests only.
    files["main/binary-amd64/Packages"] = Array(packages.utf8)
    files["main/binary-amd64/Packages.xz"] = Array("xz of \(packages)".utf8)
    files["main/binary-amd64/Packages.gz"] = Array("gz of \(packages)".utf8)
  }

  /// The text of its Release file.
  package var release: String {
    var text = "Origin: Fixture\nSuite: \(suite)\nCodename: \(codename)\nDate: \(date)\n"
    if let validUntil { text += "Valid-Until: \(validUntil)\n" }
    if acquiresByHash { text += "Acquire-By-Hash: yes\n" }
    text += "Architectures: \(architectures.joined(separator: " "))\n"
    text += "Components: \(components.joined(separator: " "))\n\(digests):\n"
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      text += " \(Digest(of: bytes)) \(bytes.count) \(path)\n"
    }
    return text
  }

  /// Puts it on a server, below `root`. `unserved` are listed but not there.
  package func serve(
    on server: LoopbackServer, root: String = "", inRelease: [UInt8], unserved: Set<String> = []
  ) {
    let directory = "\(root)/dists/\(codename)"
    server.on("\(directory)/InRelease", .serve(inRelease))
    for (path, bytes) in files where !unserved.contains(path) {
      server.on("\(directory)/\(path)", .serve(bytes))
      if acquiresByHash, let slash = path.lastIndex(of: "/") {
        server.on("\(directory)/\(path[..<slash])/by-hash/SHA256/\(Digest(of: bytes))", .serve(bytes))
      }
    }
  }
}
