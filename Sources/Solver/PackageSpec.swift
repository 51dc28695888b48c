/// One request as the config writes it: `name`, `name:arch`, `name=version`, `name/release`.
struct PackageSpec: Equatable {
  let text: String
  let name: String
  var version: String?
  var release: String?

  /// Refuses what is no package name, and every architecture but `native`: an image has one.
  init(_ text: String, architecture native: String) throws(SolverError) {
    self.text = text
    var name = text[...]
    if let mark = text.firstIndex(where: { $0 == "=" || $0 == "/" }) {
      name = text[..<mark]
      let value = String(text[text.index(after: mark)...])
      guard PackageSpec.isWord(value) else {
        throw SolverError(
          .invalidRequest, quoted(text),
          "expected a \(text[mark] == "=" ? "version" : "release") after \(text[mark])")
      }
      if text[mark] == "=" { version = value } else { release = value }
    }
    if let colon = name.firstIndex(of: ":") {
      let architecture = name[name.index(after: colon)...]
      guard architecture == native || architecture == "native" else {
        throw SolverError(
          .invalidRequest, quoted(text), "expected \(native) packages only, found \(architecture)",
          hints: ["take :\(architecture) off; it is not needed for packages of architecture all"])
      }
      name = name[..<colon]
    }
    guard PackageSpec.isName(name) else {
      throw SolverError(
        .invalidRequest, quoted(text), "expected name, name=version or name/release",
        hints: ["package names have lower-case letters, digits, +, - and . only"])
    }
    self.name = String(name)
  }

  /// Debian policy 5.6.1, but for its length.
  private static func isName(_ name: Substring) -> Bool {
    guard let first = name.utf8.first, isAlphanumeric(first) else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isWord(_ value: String) -> Bool {
    !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  var choosesVersion: Bool { version != nil || release != nil }

  /// Refuses two requests for different versions of a package.
  static func all(_ texts: [String], architecture: String) throws(SolverError) -> [PackageSpec] {
    var specs: [PackageSpec] = []
    for text in texts {
      let spec = try PackageSpec(text, architecture: architecture)
      if let other = specs.first(where: { $0.name == spec.name }) {
        if other.version == spec.version, other.release == spec.release { continue }
        if spec.choosesVersion, other.choosesVersion {
          throw SolverError(
            .conflictingRequests, "\(other.text) and \(spec.text)",
            "only one version of a package can be installed", hints: ["remove one of them"])
        }
        // `curl` beside `curl=7.88` asks for nothing more.
        if !spec.choosesVersion { continue }
        specs.removeAll { $0 == other }
      }
      specs.append(spec)
    }
    return specs
  }
}

/// For a subject that may be empty or hold spaces.
private func quoted(_ text: String) -> String { "\"\(text)\"" }
