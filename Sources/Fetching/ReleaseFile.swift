import FileTree

/// A Release file: what an archive says of one of its suites. Made from a verified payload only.
package struct ReleaseFile: Sendable, Equatable {
  /// What the archive calls the suite by age: "oldstable", "oldstable-security".
  package var suite: String?
  /// What it calls it for ever: "bookworm", "bookworm-security".
  package var codename: String?
  /// Seconds since 1970.
  package var date: Int64
  package var validUntil: Int64?
  package var acquiresByHash: Bool
  package var architectures: [String]
  /// As they are written; a security archive writes "updates/main".
  package var components: [String]
  /// By path below the suite's directory.
  package var files: [String: File]

  package struct File: Sendable, Equatable {
    package var size: Int64
    package var sha256: Digest
  }

  /// Throws a sentence that says what is wrong.
  package init(_ payload: [UInt8]) throws(ReleaseRefusal.Cause) {
    let fields = try ReleaseFile.fields(payload)
    func date(_ name: String) throws(ReleaseRefusal.Cause) -> Int64? {
      guard let text = fields[name.lowercased()]?.first else { return nil }
      guard let seconds = ReleaseDate.seconds(text) else {
        throw .malformed(
          "\(name): expected a date such as \"Sat, 21 Nov 2026 00:53:02 UTC\", found \"\(text)\"")
      }
      return seconds
    }
    func words(_ name: String) -> [String] {
      (fields[name]?.first ?? "").split(separator: " ").map(String.init)
    }
    suite = fields["suite"]?.first
    codename = fields["codename"]?.first
    guard let day = try date("Date") else { throw .malformed("it has no Date") }
    self.date = day
    validUntil = try date("Valid-Until")
    acquiresByHash = fields["acquire-by-hash"]?.first?.lowercased() == "yes"
    architectures = words("architectures")
    components = words("components")
    guard let list = fields["sha256"] else { throw .noStrongDigest }
    files = try ReleaseFile.files(list.dropFirst())
  }

  /// Each field's lines by its name in lower case, for a file of one stanza.
  private static func fields(_ payload: [UInt8]) throws(ReleaseRefusal.Cause) -> [String: [String]] {
    var fields: [String: [String]] = [:]
    var current: String?
    var hasEnded = false
    // By bytes: to Swift, a carriage return and a line feed are one character.
    for bytes in payload.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
      if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
        hasEnded = !fields.isEmpty
      } else if hasEnded {
        throw .malformed("expected one stanza, found more")
      } else if line.first == " " || line.first == "\t" {
        guard let current else { throw .malformed("it begins with a continuation line") }
        fields[current]?.append(trim(line[...]))
      } else {
        guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
          throw .malformed("expected \"Field: value\", found \"\(line)\"")
        }
        let name = line[..<colon].lowercased()
        guard fields[name] == nil else { throw .malformed("it has the field \(line[..<colon]) twice") }
        fields[name] = [trim(line[line.index(after: colon)...])]
        current = name
      }
    }
    return fields
  }

  private static func trim(_ text: Substring) -> String {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }

  private static func files(_ lines: some Sequence<String>) throws(ReleaseRefusal.Cause) -> [String: File] {
    var files: [String: File] = [:]
    for line in lines {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count == 3, let digest = Digest(hex: words[0]), let size = Int64(words[1]), size >= 0
      else { throw .malformed("expected \"sha256 size path\", found \"\(line)\"") }
      let path = String(words[2])
      guard TreePath(path)?.description == "/" + path else {
        throw .malformed("the path \(path) leads elsewhere")
      }
      let file = File(size: size, sha256: digest)
      guard files[path] == nil || files[path] == file else {
        throw .malformed("it lists \(path) twice, with different digests")
      }
      files[path] = file
    }
    return files
  }
}
