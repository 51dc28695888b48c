import Diagnosis

/// Where the Python index is, and who said so. This program names none itself: it asks what the
/// host's own clients would ask.
package struct PythonIndexSource: Sendable, Equatable {
  /// May hold credentials: never written down, never shown.
  package var address: String
  /// "PIP_INDEX_URL", "/etc/pip.conf", "the default of pip".
  package var origin: String

  /// pip's and uv's variables, the first that is set counts.
  package static let variables = ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"]

  /// Where pip looks for its configuration, the weakest first.
  package static func configurationPaths(home: String?, configHome: String?) -> [String] {
    var paths = ["/etc/pip.conf"]
    if let home { paths.append("\(home)/.pip/pip.conf") }
    if let base = configHome ?? home.map({ "\($0)/.config" }) { paths.append("\(base)/pip/pip.conf") }
    return paths
  }

  /// The program for `python3 -c` that prints the index which the installed pip asks by default.
  package static let defaultProgram =
    "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"

  /// `files` are those of `configurationPaths` that exist, in that order; of several that name an
  /// index the last counts, as it does for pip. `askPip` runs `defaultProgram` and answers what it
  /// printed, nil when there is no pip; it is called only when nothing else names an index.
  package init(
    environment: [String: String], files: [ConfigurationFile], askPip: () -> String?
  ) throws(Report) {
    for name in PythonIndexSource.variables {
      if let value = environment[name].map({ $0.filter { !$0.isWhitespace } }), !value.isEmpty {
        self = try PythonIndexSource(checking: value, from: name)
        return
      }
    }
    for file in files.reversed() {
      if let value = PythonIndexSource.indexURL(in: file.text) {
        self = try PythonIndexSource(checking: value, from: file.path)
        return
      }
    }
    if let line = askPip()?.split(whereSeparator: \.isWhitespace).first {
      self = try PythonIndexSource(checking: String(line), from: "the default of pip")
      return
    }
    throw Report(
      "cannot find a Python package index: none is configured, and python3 has no pip to ask",
      hints: [
        "install pip (`sudo apt-get install python3-pip`), or name an index in PIP_INDEX_URL or in /etc/pip.conf",
        "what `capsem-native mirror` wrote has an index, too: its directory simple",
      ])
  }

  private init(checking value: String, from origin: String) throws(Report) {
    guard ["https://", "http://", "file://"].contains(where: value.lowercased().hasPrefix) else {
      throw Report(
        "cannot use the Python package index of \(origin): expected an address that begins with https://, http:// or file://"
      )
    }
    self.address = value
    self.origin = origin
  }

  /// `index-url` of `[global]`, in the syntax of Python's configparser.
  private static func indexURL(in text: String) -> String? {
    var section = ""
    var found: String?
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard let first = words.first, first != "#", first != ";" else { continue }
      if first == "[" {
        section = words.dropFirst().prefix { $0 != "]" }.lowercased()
      } else if section == "global", let separator = words.firstIndex(where: { $0 == "=" || $0 == ":" }) {
        let key = words[..<separator].lowercased().filter { $0 != " " }
        let value = words[words.index(after: separator)...].drop { $0 == " " }
        if key == "index-url" || key == "index_url", !value.isEmpty { found = String(value) }
      }
    }
    return found
  }
}
