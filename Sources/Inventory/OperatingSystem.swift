/// What os-release(5) says.
package struct OperatingSystem: Sendable, Equatable {
  /// "debian"
  package var id: String
  /// "12"; nil for what has no versions.
  package var version: String?
  /// "Debian GNU/Linux 12 (bookworm)"
  package var name: String

  /// The content of `os-release`.
  package init(_ text: [UInt8]) {
    var values: [String: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
      values[String(line[..<equals])] = OperatingSystem.unquoted(line[line.index(after: equals)...])
    }
    // The defaults are the manual's.
    id = values["ID"] ?? "linux"
    version = values["VERSION_ID"]
    name = values["PRETTY_NAME"] ?? "Linux"
  }

  /// As a shell reads it: in quotes or not, with backslashes before what would mean something.
  private static func unquoted(_ value: Substring) -> String {
    var value = value
    if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
      value = value.dropFirst().dropLast()
      if quote == "'" { return String(value) }
    }
    var text = ""
    var isEscaped = false
    for character in value {
      if character == "\\" && !isEscaped {
        isEscaped = true
      } else {
        text.append(character)
        isEscaped = false
      }
    }
    return text
  }
}
