/// The archives that the host's own apt is set up with: where a mirror is taken from when nobody names
/// one. Nothing else of the host's apt counts.
package struct HostAptSources: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var uri: String
    package var suite: String
    package var signedBy: String?
  }

  package var entries: [Entry]

  /// `files` are names and texts of sources.list and of sources.list.d, in apt's order (by name):
  /// `.sources` in deb822 form, the others one line an entry (sources.list(5)).
  package init(_ files: [(name: String, text: String)]) {
    entries = files.flatMap {
      $0.name.hasSuffix(".sources") ? HostAptSources.deb822($0.text) : HostAptSources.lines($0.text)
    }
  }

  /// The first archive that carries the suite over a scheme that we speak.
  package func uri(of suite: String) -> Entry? {
    entries.first { entry in
      entry.suite == suite && ["http://", "https://", "file:"].contains { entry.uri.hasPrefix($0) }
    }
  }

  private static func lines(_ text: String) -> [Entry] {
    text.split(separator: "\n").compactMap { line in
      var words = line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(
        String.init)
      guard words.first == "deb" else { return nil }
      words.removeFirst()
      var signedBy: String?
      if words.first?.hasPrefix("[") == true {
        guard let end = words.firstIndex(where: { $0.hasSuffix("]") }) else { return nil }
        for option in words[...end] {
          let bare = option.filter { $0 != "[" && $0 != "]" }
          if bare.hasPrefix("signed-by=") { signedBy = String(bare.dropFirst("signed-by=".count)) }
        }
        words.removeSubrange(...end)
      }
      guard words.count >= 2 else { return nil }
      return Entry(uri: words[0], suite: words[1], signedBy: signedBy)
    }
  }

  private static func deb822(_ text: String) -> [Entry] {
    var result: [Entry] = []
    var fields: [String: String] = [:]
    var last = ""
    func finish() {
      defer { fields = [:] }
      guard fields["types", default: ""].split(separator: " ").contains("deb"),
        fields["enabled", default: "yes"].lowercased() != "no"
      else { return }
      for uri in fields["uris", default: ""].split(separator: " ") {
        for suite in fields["suites", default: ""].split(separator: " ") {
          result.append(Entry(uri: String(uri), suite: String(suite), signedBy: fields["signed-by"]))
        }
      }
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") { continue }
      if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
        finish()
      } else if line.first == " " || line.first == "\t" {
        fields[last]? += " " + line.drop { $0 == " " || $0 == "\t" }
      } else if let colon = line.firstIndex(of: ":") {
        last = line[..<colon].lowercased()
        fields[last] = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
      }
    }
    finish()
    return result
  }
}
