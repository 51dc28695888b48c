import BuildModel
import Diagnosis

/// The name of a provider, package set or tool server to be written: a bare key of TOML, and the stem of a
/// file's name.
package struct TableName: Sendable, Hashable {
  package let text: String

  /// A file's name and a label of a domain come from it.
  private static let longest = 63

  /// Throws the reason, with the nearest name that can be used.
  package init(_ text: String, for kind: Kind) throws {
    func refusal(_ reason: String) -> Report {
      let near = TableName.nearest(to: text)
      let isUsable =
        near != text && near.utf8.contains(where: \.isLetterOrDigit) && !kind.reserved.contains(near)
      return Report(
        "cannot add \(kind.words) \"\(text)\": \(reason)", hints: isUsable ? ["\"\(near)\" can be used"] : [])
    }
    if text.isEmpty { throw refusal("the name is empty") }
    guard text.utf8.count <= TableName.longest else {
      throw refusal("a name has at most \(TableName.longest) characters, this has \(text.count)")
    }
    guard text.utf8.allSatisfy(\.isNameCharacter) else {
      throw refusal("a name has letters, digits, \"_\" and \"-\" only")
    }
    guard text.utf8.first != UInt8(ascii: "-"), text.utf8.contains(where: \.isLetterOrDigit) else {
      throw refusal("a name begins with a letter, a digit or \"_\", and has a letter or digit")
    }
    if kind.reserved.contains(text) { throw refusal("the settings have another meaning for this name") }
    self.text = text
  }

  /// What a name is for.
  package enum Kind: Sendable {
    case provider, packageSet, server

    package var words: String {
      switch self {
      case .provider: "AI provider"
      case .packageSet: "package set"
      case .server: "MCP server"
      }
    }

    /// Below `config/`.
    package var directory: String {
      switch self {
      case .provider: "ai"
      case .packageSet: "packages"
      case .server: "mcp"
      }
    }

    fileprivate var reserved: Set<String> { self == .provider ? SettingsKey.reserved : [] }
  }

  /// "my-tools" as people write it: "My Tools".
  package var display: String {
    text.split { $0 == "_" || $0 == "-" }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(
      separator: " ")
  }

  /// "my-tools" as the beginning of a variable's name: "MY_TOOLS".
  var variable: String {
    let name = text.uppercased().replacing("-", with: "_")
    return name.utf8.first.map(\.isDigit) == true ? "_" + name : name
  }

  /// As a label of a domain: "my-tools".
  var label: String {
    text.lowercased().split { $0 == "_" || $0 == "-" }.joined(separator: "-")
  }

  /// Every run of other characters becomes one "-".
  private static func nearest(to text: String) -> String {
    let parts = text.split { !$0.utf8.allSatisfy(\.isNameCharacter) }.joined(separator: "-")
    return String(parts.drop { $0 == "-" }.prefix(longest))
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  fileprivate var isLetterOrDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }

  fileprivate var isNameCharacter: Bool {
    isLetterOrDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
  }
}
