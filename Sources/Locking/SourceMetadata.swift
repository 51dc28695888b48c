import BuildModel
import Diagnosis
import FileTree
import Toml

/// What a source distribution says of itself in its own files: nothing of it is run to lock it.
package struct SourceMetadata: Sendable, Equatable {
  /// As indexes compare it.
  package var name: String
  package var requires: [String]
  package var extras: [String]
  package var requiresPython: String?
  /// What has to be there while its wheel is built (PEP 518).
  package var buildRequires: [String]

  package init(
    name: String, requires: [String] = [], extras: [String] = [], requiresPython: String? = nil,
    buildRequires: [String] = []
  ) {
    self.name = name
    self.requires = requires
    self.extras = extras
    self.requiresPython = requiresPython
    self.buildRequires = buildRequires
  }

  /// `requirements` is setuptools' `requires.txt`, which counts where PKG-INFO is too old to be complete.
  package init(information: String, requirements: String?, project: [UInt8]?, file: String) throws {
    func refuse(_ reason: String) -> Report {
      Report("cannot lock \(file): \(reason)")
    }
    var headers: [(name: String, value: String)] = []
    for line in information.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
      let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
      headers.append((line[..<colon].lowercased(), String(value)))
    }
    func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
    guard let name = values("name").first else { throw refuse("its PKG-INFO names no project") }
    self.name = WheelName.normalized(name)
    requiresPython = values("requires-python").first
    requires = values("requires-dist")
    extras = values("provides-extra")
    if requires.isEmpty, let requirements { requires = SourceMetadata.requirements(requirements) }
    buildRequires = ["setuptools", "wheel"]
    if let project {
      let root = try TomlDocument(parsing: project, file: "pyproject.toml of \(file)").root
      if let system = try root.table("build-system") {
        buildRequires = try system["requires"]?.strings().map(\.value) ?? []
      }
    }
  }

  /// `requires.txt`: requirements below headers `[extra]`, `[:marker]` or `[extra:marker]`.
  private static func requirements(_ text: String) -> [String] {
    var (requirements, condition) = ([String](), "")
    for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
      if line.hasPrefix("["), line.hasSuffix("]") {
        let parts = line.dropFirst().dropLast().split(
          separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let extra = parts[0].isEmpty ? [] : ["extra == '\(parts[0])'"]
        condition = (extra + (parts.count == 2 ? ["(\(parts[1]))"] : [])).joined(separator: " and ")
      } else {
        requirements.append(condition.isEmpty ? String(line) : "\(line) ; \(condition)")
      }
    }
    return requirements
  }

  /// A line of uv's configuration that answers for the project, so that uv builds nothing to learn it.
  var declaration: String {
    var text = "{ name = \(TomlText.string(name)), requires-dist = \(TomlText.strings(requires))"
    if !extras.isEmpty { text += ", provides-extra = \(TomlText.strings(extras))" }
    if let requiresPython { text += ", requires-python = \(TomlText.string(requiresPython))" }
    return text + " }"
  }
}
