import BuildModel
import Diagnosis
import FileTree

/// What lets `apt-get install` work in the image without an update: the sources as deb822, and the
/// verified indexes under the names that apt looks for.
package struct AptLists: Sendable {
  package struct File: Sendable, Equatable {
    /// In `/var/lib/apt/lists`.
    package var name: String
    package var digest: Digest
  }

  /// `/etc/apt/sources.list.d/debian.sources`; empty when no release has an address for images.
  package let sources: String
  /// InRelease and the compressed Packages files of one architecture, sorted by name.
  package let files: [File]

  /// `keyring` is an absolute path in the image, where apt finds the archive's keys.
  package init(
    releases: [LockedRelease], indexes: [LockedIndex], keyring: String
  ) throws(Report) {
    var files: [File] = []
    var stanzas: [(uri: String, suites: [String], components: [String])] = []
    for release in releases {
      guard let uri = release.imageURI else { continue }
      guard uri.hasPrefix("https://"), !uri.contains("@"), !uri.contains(where: \.isWhitespace) else {
        throw Report(
          "cannot write debian.sources: expected an https address without credentials for \(release.name), found \(uri)"
        )
      }
      if let last = stanzas.indices.last, stanzas[last].uri == uri,
        stanzas[last].components == release.components
      {
        stanzas[last].suites.append(release.suite)
      } else {
        stanzas.append((uri, [release.suite], release.components))
      }
      let base = AptLists.directory(of: release.suite, at: uri)
      files.append(File(name: AptLists.fileName(of: base + "InRelease"), digest: release.inRelease))
      for index in indexes where index.release == release.name {
        files.append(File(name: AptLists.fileName(of: base + index.path), digest: index.sha256))
      }
    }
    sources = stanzas.map { stanza in
      let components =
        stanza.components.isEmpty ? "" : "Components: \(stanza.components.joined(separator: " "))\n"
      return """
        Types: deb
        URIs: \(stanza.uri)
        Suites: \(stanza.suites.joined(separator: " "))
        \(components)Signed-By: \(keyring)

        """
    }.joined(separator: "\n")
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// A suite that ends in a slash is a directory itself, not one below `dists` (sources.list(5)).
  private static func directory(of suite: String, at uri: String) -> String {
    let uri = uri.hasSuffix("/") ? String(uri.dropLast()) : uri
    if suite == "/" || suite == "./" { return "\(uri)/\(suite == "/" ? "" : "./")" }
    return suite.hasSuffix("/") ? "\(uri)/\(suite)" : "\(uri)/dists/\(suite)/"
  }

  /// libapt-pkg's `URItoFileName`: no scheme, no credentials, `/` as `_`, and what would be ambiguous
  /// or awkward in a file name as `%xx`.
  package static func fileName(of uri: String) -> String {
    let quoted = Set("\\|{}[]<>\"^~_=!@#$%^&*".utf8)
    var rest = uri[...]
    if let scheme = rest.range(of: "://") { rest = rest[scheme.upperBound...] }
    if let slash = rest.firstIndex(of: "/"), let at = rest[..<slash].lastIndex(of: "@") {
      rest = rest[rest.index(after: at)...]
    }
    var name: [UInt8] = []
    let digits = Array("0123456789abcdef".utf8)
    for byte in rest.utf8 {
      if byte == UInt8(ascii: "/") {
        name.append(UInt8(ascii: "_"))
      } else if quoted.contains(byte) || byte <= 0x20 || byte >= 0x7f {
        name += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        name.append(byte)
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// Writes sources and indexes; whatever the lists held goes. `open` answers content by digest.
  /// `root` stays the caller's.
  package func place(in root: CInt, modified: Timestamp, open: (Digest) throws -> Descriptor) throws {
    var writer = TreeWriter(root: root)
    let lists: TreePath = "var/lib/apt/lists"
    try writer.makeDirectories(lists, modified: modified)
    for name in try writer.list(lists)
    where !["partial", "auxfiles"].contains(String(decoding: name, as: UTF8.self)) {
      try writer.removeTree(lists.appending(name))
    }
    for file in files {
      let content = try open(file.digest)
      let bytes = try readAll(content.raw, named: file.name)
      guard Digest(of: bytes) == file.digest else {
        throw Report(
          "cannot install \(file.name): expected sha256 \(file.digest), found \(Digest(of: bytes))")
      }
      try writer.replaceFile(lists.appending(file.name.utf8), with: bytes, modified: modified)
    }
    try writer.remove("etc/apt/sources.list")
    let directory: TreePath = "etc/apt/sources.list.d"
    try writer.makeDirectories(directory, modified: modified)
    for name in try writer.list(directory) { try writer.removeTree(directory.appending(name)) }
    if !sources.isEmpty {
      try writer.replaceFile(
        "etc/apt/sources.list.d/debian.sources", with: Array(sources.utf8), modified: modified)
    }
    for path in [lists, directory, "etc/apt"] { try writer.setTime(modified, of: path) }
  }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
