import Diagnosis
import Glibc

/// A tree as text: one line an entry, sorted by path. `inspect --tree` prints it, tests compare it, and
/// its digest names the tree.
///
/// Nine fields, separated by one space: path, kind, mode (four octal digits), `uid:gid`, modification
/// time (`seconds.nanoseconds`), size in bytes, then what is behind the name (a file's SHA-256, a
/// link's target, a device's `major:minor`), hard-link group and extended attributes (`name=hex`,
/// separated by commas). A field that does not apply is `-`. Space, backslash, control characters and
/// bytes that are not UTF-8 are written `\xNN`.
package struct TreeText: Sendable {
  /// Without line feeds.
  package let lines: [String]

  /// Digests the content of every regular file, one reading for all names of a file, on `threads`
  /// threads. `entries` are sorted by path.
  package init(of entries: [FileEntry], contents: some FileContents, threads: Int) throws {
    self.init(of: entries, digests: try TreeText.digests(of: entries, contents: contents, threads: threads))
  }

  /// `digests` are those of the entries' content, nil for what is no regular file.
  package init(of entries: [FileEntry], digests: [Digest?]) {
    self.lines = zip(entries, digests).map { TreeText.line(of: $0, digest: $1) }
  }

  /// Every line with its line feed.
  package var text: String { lines.map { $0 + "\n" }.joined() }

  /// The SHA-256 of `text`.
  package var digest: Digest { Digest(of: text) }

  /// The digest of each entry's content, nil for what is no regular file.
  package static func digests(
    of entries: [FileEntry], contents: some FileContents, threads: Int
  ) throws -> [Digest?] {
    try digests(of: entries, threads: threads) { try digest(of: $0, contents) }
  }

  /// The same with a reading of the caller's own, which is asked once for all names of a file.
  package static func digests(
    of entries: [FileEntry], threads: Int, digest: @escaping @Sendable (FileEntry) throws -> Digest
  ) throws -> [Digest?] {
    try entries.mapContents(threads: threads, digest)
  }

  /// Of a regular file's content, read from its beginning to its end.
  package static func digest(of entry: FileEntry, _ contents: some FileContents) throws -> Digest {
    var hasher = Digest.Hasher()
    try contents.read(entry) { hasher.update($0) }
    return hasher.finish()
  }

  private static func line(of entry: FileEntry, digest: Digest?) -> String {
    let behind =
      switch entry.kind {
      case .file: digest?.hex ?? "-"
      case .symbolicLink(let target): escaped(target)
      case .characterDevice(let major, let minor), .blockDevice(let major, let minor): "\(major):\(minor)"
      case .directory, .fifo, .socket: "-"
      }
    let attributes = entry.extendedAttributes.map {
      "\(escaped(Array($0.name.utf8)))=\(Digest.hex($0.value))"
    }
    return [
      "/" + escaped(entry.path.bytes), word(for: entry.kind), mode(entry.mode),
      "\(entry.owner.user):\(entry.owner.group)", time(entry.modified), "\(entry.size)", behind,
      entry.hardLinkGroup.map(String.init) ?? "-",
      attributes.isEmpty ? "-" : attributes.joined(separator: ","),
    ].joined(separator: " ")
  }

  // MARK: Fields

  package static func word(for kind: FileEntry.Kind) -> String {
    switch kind {
    case .directory: "directory"
    case .file: "file"
    case .symbolicLink: "symlink"
    case .characterDevice: "character"
    case .blockDevice: "block"
    case .fifo: "fifo"
    case .socket: "socket"
    }
  }

  /// Four octal digits.
  package static func mode(_ mode: UInt16) -> String { padded(String(mode, radix: 8), to: 4) }

  /// `seconds.nanoseconds`
  package static func time(_ time: Timestamp) -> String {
    "\(time.seconds).\(padded(String(time.nanoseconds), to: 9))"
  }

  private static func padded(_ digits: String, to width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// `bytes` as one word of UTF-8 from which they can be had back.
  package static func escaped(_ bytes: [UInt8]) -> String {
    if bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      var decoder = UTF8.ForwardParser()
      var input = rest.makeIterator()
      if case .valid(let encoded) = decoder.parseScalar(from: &input), isShown(UTF8.decode(encoded)) {
        text += encoded
        rest = rest.dropFirst(encoded.count)
      } else {
        text += Array("\\x".utf8) + Array(Digest.hex(CollectionOfOne(byte)).utf8)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Control characters of either range, space and the escape character itself are not. The rule
  /// looks at no Unicode table, which would change with the toolchain.
  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0x20 && scalar != "\\" && !(0x7f...0xa0).contains(scalar.value)
      && scalar.value != 0x2028 && scalar.value != 0x2029
  }
}
