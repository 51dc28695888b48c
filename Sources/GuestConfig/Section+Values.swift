import BuildModel
import Diagnosis
import FileTree
import Toml

// One function for each type of value. Each leaves `value` alone when the key is absent.
extension Section {
  /// A string; `check` gives the reason why it cannot be used.
  func string(
    _ key: String, _ value: inout String, required: Bool = false, nonEmpty: Bool = false,
    check: (String) -> String? = { _ in nil }
  ) {
    var located = Located(value, at: position)
    string(key, &located, required: required, nonEmpty: nonEmpty, check: check)
    value = located.value
  }

  func string(
    _ key: String, _ value: inout Located<String>, required: Bool = false, nonEmpty: Bool = false,
    check: (String) -> String? = { _ in nil }
  ) {
    let type = nonEmpty ? "non-empty string" : "string"
    read(key, type: type, fallback: quoted(value.value), required: required) { found throws(TomlProblem) in
      value = Located(try checked(found, nonEmpty: nonEmpty, check), at: found.position)
    }
  }

  func string(_ key: String, _ value: inout String?, check: (String) -> String? = { _ in nil }) {
    var located: Located<String>?
    string(key, &located, check: check)
    value = located?.value ?? value
  }

  func string(_ key: String, _ value: inout Located<String>?, check: (String) -> String? = { _ in nil }) {
    read(key, type: "string", fallback: "none") { found throws(TomlProblem) in
      value = Located(try checked(found, nonEmpty: false, check), at: found.position)
    }
  }

  func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int>? = nil) {
    var optional: Int? = value
    integer(key, &optional, in: range, fallback: "\(value)")
    value = optional ?? value
  }

  func integer(
    _ key: String, _ value: inout Int?, in range: ClosedRange<Int>? = nil, fallback: String = "none"
  ) {
    let type = range.map { "integer \($0.lowerBound)–\($0.upperBound)" } ?? "integer"
    read(key, type: type, fallback: fallback) { found throws(TomlProblem) in
      let number = Int(try found.integer())
      if let range, !range.contains(number) {
        throw TomlProblem(
          "expected \(range.lowerBound) to \(range.upperBound), found \(number)", at: found.position)
      }
      value = number
    }
  }

  func boolean(_ key: String, _ value: inout Bool) {
    read(key, type: "boolean", fallback: "\(value)") { found throws(TomlProblem) in
      value = try found.boolean()
    }
  }

  func choice<Choice>(_ key: String, _ value: inout Choice, required: Bool = false)
  where Choice: RawRepresentable<String> & CaseIterable {
    var optional: Choice? = value
    choice(key, &optional, required: required, fallback: quoted(value.rawValue))
    value = optional ?? value
  }

  func choice<Choice>(
    _ key: String, _ value: inout Choice?, required: Bool = false, fallback: String = "none"
  ) where Choice: RawRepresentable<String> & CaseIterable {
    let words = Choice.allCases.map { quoted($0.rawValue) }
    let type = words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
    read(key, type: type, fallback: fallback, required: required) { found throws(TomlProblem) in
      let word = try found.string()
      guard let choice = Choice(rawValue: word) else {
        fail(
          as: key == "manager" ? .manager : .value, at: found.position, key: key,
          "expected \(type), found \(quoted(word))",
          hint: didYouMean(word, among: Choice.allCases.map(\.rawValue)))
        return
      }
      value = choice
    }
  }

  /// `check` gives the reason why an element cannot be used.
  func strings(
    _ key: String, _ value: inout [Located<String>], required: Bool = false, nonEmpty: Bool = false,
    check: (String) -> String? = { _ in nil }
  ) {
    let type = nonEmpty ? "non-empty list of strings" : "list of strings"
    read(key, type: type, fallback: "[]", required: required) { found throws(TomlProblem) in
      let strings = try found.strings()
      value = strings
      for element in strings {
        if let reason = check(element.value) { fail(at: element.position, key: key, reason) }
      }
      guard nonEmpty && strings.isEmpty else { return }
      fail(
        as: key == "packages" ? .emptyPackages : .value, at: found.position, key: key,
        "must have at least one entry")
    }
  }

  func strings(_ key: String, _ value: inout [String], required: Bool = false) {
    var located = value.map { Located($0, at: position) }
    strings(key, &located, required: required)
    value = located.map(\.value)
  }

  func integers(_ key: String, _ value: inout [Int]) {
    read(key, type: "list of integers", fallback: "\(value)") { found throws(TomlProblem) in
      guard case .array(let elements) = found.content else { throw found.mismatch("a list of integers") }
      var numbers: [Int] = []
      for element in elements { numbers.append(Int(try element.integer())) }
      value = numbers
    }
  }

  /// A table of strings whose keys are free.
  func texts(
    _ key: String, _ value: inout [NamedText], check: (NamedText) -> String? = { _ in nil },
    hint: (NamedText) -> String? = { _ in nil }
  ) {
    read(key, type: "table of strings", fallback: "{}") { found throws(TomlProblem) in
      var texts: [NamedText] = []
      for entry in try found.table().entries {
        journal.asked.insert(entry.keyPosition)
        do throws(TomlProblem) {
          let text = NamedText(
            entry.key, try entry.value.string(), at: entry.keyPosition, textAt: entry.value.position)
          if let reason = check(text) {
            fail(at: entry.keyPosition, key: "\(key).\(entry.key)", reason, hint: hint(text))
          } else {
            texts.append(text)
          }
        } catch {
          fail(at: error.position, key: "\(key).\(entry.key)", error.reason)
        }
      }
      value = texts
    }
  }

  /// A number of bytes, as an integer or as a string with K, M or G.
  func size(_ key: String, _ value: inout ByteCount) {
    read(key, type: "size", fallback: value.description) { found throws(TomlProblem) in
      value = try Section.byteCount(found)
    }
  }

  func imageSize(_ key: String, _ value: inout ImageSize) {
    read(key, type: "\"minimal\" or size", fallback: "\"minimal\"") { found throws(TomlProblem) in
      if case .string("minimal") = found.content {
        value = .minimal
      } else {
        value = .bytes(try Section.byteCount(found))
      }
    }
  }

  func digest(_ key: String, _ value: inout Located<Digest>?) {
    read(key, type: "SHA-256", fallback: "none") { found throws(TomlProblem) in
      value = try Section.digest(Located(try found.string(), at: found.position))
    }
  }

  func digests(_ key: String, _ value: inout [Located<Digest>]) {
    read(key, type: "list of SHA-256", fallback: "[]") { found throws(TomlProblem) in
      var digests: [Located<Digest>] = []
      for text in try found.strings() { digests.append(try Section.digest(text)) }
      value = digests
    }
  }

  private static func byteCount(_ found: TomlValue) throws(TomlProblem) -> ByteCount {
    switch found.content {
    case .integer(let bytes) where bytes >= 0: return ByteCount(bytes)
    case .string(let text):
      if let size = ByteCount(text) { return size }
      throw TomlProblem(
        "expected a size such as 4096, \"64M\" or \"2G\", found \"\(text)\"", at: found.position)
    default: throw found.mismatch("a size such as 4096, \"64M\" or \"2G\"")
    }
  }

  private static func digest(_ text: Located<String>) throws(TomlProblem) -> Located<Digest> {
    guard let digest = Digest(hex: text.value) else {
      throw TomlProblem("expected 64 hexadecimal digits, found \"\(text.value)\"", at: text.position)
    }
    return Located(digest, at: text.position)
  }

  private func checked(_ found: TomlValue, nonEmpty: Bool, _ check: (String) -> String?)
    throws(TomlProblem) -> String
  {
    let text = try found.string()
    if nonEmpty && text.isEmpty { throw TomlProblem("must not be empty", at: found.position) }
    if let reason = check(text) { throw TomlProblem(reason, at: found.position) }
    return text
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }
}
