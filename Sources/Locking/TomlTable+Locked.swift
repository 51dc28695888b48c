import BuildModel
import Diagnosis
import FileTree
import Toml

// What a lockfile's values have to look like. Each key is required unless its type is optional.
extension TomlTable {
  func required(_ key: String) throws(TomlProblem) -> TomlValue {
    guard let value = self[key] else { throw TomlProblem("\(key) is missing", at: position) }
    return value
  }

  /// A key that nothing reads means that the file was not written by this version.
  func allow(_ keys: Set<String>) throws(TomlProblem) {
    for entry in entries where !keys.contains(entry.key) {
      throw TomlProblem("unknown key \(entry.key)", at: entry.keyPosition)
    }
  }

  func distinct(_ key: String, _ isRepeated: Bool) throws(TomlProblem) {
    if isRepeated { throw TomlProblem("written twice", at: try required(key).position) }
  }

  /// A string that is not empty and has no control characters.
  func text(_ key: String) throws(TomlProblem) -> String {
    try check(key, "printable text") { text in
      !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    }
  }

  /// Text without blanks.
  func word(_ key: String) throws(TomlProblem) -> String {
    try check(key, "a word", isWord)
  }

  func word(_ key: String, among words: Set<String>) throws(TomlProblem) -> String {
    try check(key, "the name of a release", words.contains)
  }

  func words(_ key: String) throws(TomlProblem) -> [String] {
    try required(key).words()
  }

  /// Printable lines.
  func lines(_ key: String) throws(TomlProblem) -> [String] {
    let texts = try required(key).strings()
    for text in texts where text.value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
    {
      throw TomlProblem("\(key): expected printable text", at: text.position)
    }
    return texts.map(\.value)
  }

  /// A word that is one component of a path.
  func fileName(_ key: String) throws(TomlProblem) -> String {
    try check(key, "a file name") { name in
      isWord(name) && !name.utf8.contains(UInt8(ascii: "/")) && isNormal(name)
    }
  }

  /// A path that stays below where it starts, in its shortest form.
  func path(_ key: String) throws(TomlProblem) -> String {
    try check(key, "a relative path without \"..\"") { isWord($0) && isNormal($0) }
  }

  /// A web address that may enter an image: no credentials; nil when absent.
  func uri(_ key: String) throws(TomlProblem) -> String? {
    guard self[key] != nil else { return nil }
    return try check(key, "an https address without credentials") { uri in
      isWord(uri) && uri.hasPrefix("https://")
        && !uri.dropFirst("https://".count).prefix { $0 != "/" }.contains("@")
    }
  }

  /// A number that counts something.
  func size(_ key: String) throws(TomlProblem) -> Int64 {
    let value = try required(key)
    let size = try value.integer()
    if size < 0 { throw TomlProblem("expected 0 or more, found \(size)", at: value.position) }
    return size
  }

  func time(_ key: String) throws(TomlProblem) -> Int64 {
    let value = try required(key)
    guard case .dateTime(let text) = value.content, let time = CalendarTime(text) else {
      throw TomlProblem("expected a moment such as 2026-08-10T12:00:00Z", at: value.position)
    }
    return time.secondsSince1970
  }

  func digest(_ key: String) throws(TomlProblem) -> Digest {
    let value = try required(key)
    let text = try value.string()
    guard let digest = Digest(hex: text) else {
      throw TomlProblem("expected 64 hexadecimal digits, found \"\(text)\"", at: value.position)
    }
    return digest
  }

  /// The name of an npm package, with its scope.
  func npmName(_ key: String) throws(TomlProblem) -> String {
    try check(key, "the name of an npm package", NpmPlace.isName)
  }

  /// Where an npm package lies below `lib`.
  func npmPlace(_ key: String) throws(TomlProblem) -> String {
    try check(key, "the place of an npm package, such as \"node_modules/@acme/cli\"") {
      NpmPlace($0) != nil
    }
  }

  func integrity(_ key: String) throws(TomlProblem) -> NpmIntegrity {
    let value = try required(key)
    let text = try value.string()
    guard let integrity = NpmIntegrity(text), integrity.text == text else {
      throw TomlProblem("expected \"sha512-\" and 88 signs of base64, found \"\(text)\"", at: value.position)
    }
    return integrity
  }

  /// Names of commands, and paths inside a package; empty when absent.
  func commands(_ key: String) throws(TomlProblem) -> [String: String] {
    var commands: [String: String] = [:]
    for entry in try table(key)?.entries ?? [] {
      let path = try entry.value.string()
      guard isWord(entry.key), isNormal(entry.key), !entry.key.contains("/"), isNormal(path) else {
        throw TomlProblem(
          "\(key): expected a command's name and a path inside the package, found "
            + "\"\(entry.key)\" and \"\(path)\"", at: entry.keyPosition)
      }
      commands[entry.key] = path
    }
    return commands
  }

  private func check(_ key: String, _ expected: String, _ accepts: (String) -> Bool) throws(TomlProblem)
    -> String
  {
    let value = try required(key)
    let text = try value.string()
    guard accepts(text) else {
      throw TomlProblem("\(key): expected \(expected), found \"\(text)\"", at: value.position)
    }
    return text
  }
}

extension TomlValue {
  func words() throws(TomlProblem) -> [String] {
    let texts = try strings()
    for text in texts where !isWord(text.value) {
      throw TomlProblem("expected words, found \"\(text.value)\"", at: text.position)
    }
    return texts.map(\.value)
  }
}

private func isWord(_ text: String) -> Bool {
  !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
}

/// Below where it starts, and written in the shortest way.
private func isNormal(_ text: String) -> Bool {
  TreePath(text).map { !$0.isRoot && $0.bytes.elementsEqual(text.utf8) } ?? false
}
