import BuildModel
import Diagnosis

/// What package names look like, of each kind: a name that fits may still not exist.
enum PackageNames {
  /// A request in apt's notation: name (Debian policy 5.6.1), an architecture, a version or release.
  static func isDebian(_ text: String) -> Bool {
    let request = AptRequest(Located(text, at: SourcePosition(file: "")))
    let parts = request.name.split(separator: ":", omittingEmptySubsequences: false)
    guard let name = parts.first, parts.count <= 2, parts.last?.isEmpty == false, name.utf8.count >= 2,
      name.utf8.first.map({ $0.isLowercase || $0.isDigit }) == true
    else { return false }
    return parts.allSatisfy { $0.utf8.allSatisfy { $0.isLowercase || $0.isDigit || "+-.".utf8.contains($0) } }
      && isWord(request.version ?? "1") && isWord(request.release ?? "1")
  }

  /// A requirement of PEP 508, its marker not looked at.
  static func isPython(_ text: String) -> Bool {
    let name = PythonRequest(Located(text, at: SourcePosition(file: ""))).name
    guard let first = name.utf8.first, let last = name.utf8.last, first.isOf(""), last.isOf(""),
      name.utf8.allSatisfy({ $0.isOf("-_.") })
    else { return false }
    var rest = text.trimmed.dropFirst(name.count).drop(while: \.isWhitespace)
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return false }
      rest = rest[rest.index(after: end)...].drop(while: \.isWhitespace)
    }
    if rest.hasPrefix("@") {
      guard let reference = PythonReference(text), WheelName(reference.file) != nil else { return false }
      return reference.isLocal ? reference.guestPath != nil : reference.address.contains("://")
    }
    var versions = String(rest.prefix { $0 != ";" }).trimmed
    if versions.hasPrefix("("), versions.hasSuffix(")") { versions = String(versions.dropFirst().dropLast()) }
    // Any text may follow `===`.
    return versions.contains("===") || PythonSpecifier(versions) != nil
  }

  /// A name of the npm registry, old ones with capitals included, and a version or tag.
  static func isNpm(_ text: String) -> Bool {
    let isScoped = text.hasPrefix("@")
    let words = text.dropFirst(isScoped ? 1 : 0).split(
      separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = words[0].split(separator: "/", omittingEmptySubsequences: false)
    guard words[0].utf8.count <= 213, names.count == (isScoped ? 2 : 1), words.count < 2 || isWord(words[1])
    else { return false }
    return names.allSatisfy { name in
      !name.isEmpty && !name.hasPrefix(".") && !name.hasPrefix("_")
        && name.utf8.allSatisfy { $0.isOf("-._~!'()*") }
    }
  }

  private static func isWord(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
  }
}
