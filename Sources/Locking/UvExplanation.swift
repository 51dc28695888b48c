import BuildModel
import Diagnosis

/// What uv says when it resolves nothing, sentence by sentence.
struct UvExplanation {
  /// Without uv's own layout, which changes between its versions.
  var sentences: [String]
  /// The requirements exclude one another, or ask for what does not exist.
  var isConflict: Bool

  /// An explanation is good only as a whole; this is far more than any person reads.
  private static let limit = 200

  init(_ messages: String) {
    isConflict = messages.contains("No solution found")
    var lines = messages.split(whereSeparator: \.isNewline).compactMap(UvExplanation.sentence)
    if isConflict { lines.removeAll { $0.hasPrefix("No solution found when resolving dependencies") } }
    if lines.count > UvExplanation.limit {
      let more = lines.count - UvExplanation.limit
      lines = lines.prefix(UvExplanation.limit) + ["(and \(more) more lines)"]
    }
    sentences = lines
  }

  /// Names of what "NAME==VERSION has no usable wheels", or "all versions of NAME have".
  var lackingWheels: [String] {
    var names: Set<String> = []
    for sentence in sentences {
      let words = sentence.split(separator: " ")
      for (index, word) in words.enumerated()
      where ["has", "have"].contains(where: { verb in
        words.dropFirst(index + 1).starts(with: [verb, "no", "usable", "wheels"])
      }) {
        names.insert(WheelName.normalized(word.prefix { !"=<>!~[".contains($0) }))
      }
    }
    return names.sorted()
  }

  /// Without what uv puts before a sentence: "  cause: ", "  ╰─▶ ", " error: ".
  private static func sentence(_ line: Substring) -> String? {
    var rest = line.drop { " \t×╰├─▶│".contains($0) }
    for label in ["cause: ", "error: ", "Caused by: "] where rest.hasPrefix(label) {
      rest = rest.dropFirst(label.count)
    }
    return rest.isEmpty ? nil : String(rest)
  }
}

extension Report {
  /// The same with the places in the config of all that it mentions. `constraints` only bound versions.
  package func placed(
    _ requirements: [Located<String>], constraints: [Located<String>] = []
  ) -> Report {
    var words: Set<String> = []
    for line in [summary] + causes {
      let names = line.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))) }
      words.formUnion(
        names.flatMap { name in
          // A sentence may end right after a name.
          [WheelName.normalized(name), WheelName.normalized(name.hasSuffix(".") ? name.dropLast() : name)]
        })
    }
    func places(_ texts: [Located<String>], _ verb: String) -> [String] {
      texts.filter { words.contains(PythonResolution.name(of: $0.value)) }
        .map { "\"\(WebAddress.withoutCredentials($0.value))\" \(verb) at \($0.position)" }
    }
    var placed = self
    placed.hints += places(requirements, "is asked for") + places(constraints, "is a constraint")
    return placed
  }
}
