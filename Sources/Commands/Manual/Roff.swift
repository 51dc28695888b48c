/// The text of a manual page, in the macros of man(7).
struct Roff {
  private(set) var text: String

  init(title: String, section: Int, source: String, manual: String) {
    // No date: the page says the same whenever it is made.
    text =
      ".TH \(Roff.quoted(title.uppercased())) \(section) \"\" \(Roff.quoted(source)) \(Roff.quoted(manual))\n"
    // Neither hyphenated nor stretched: most words are names.
    text += ".nh\n.ad l\n"
  }

  mutating func section(_ title: String) { text += ".SH \(Roff.quoted(title))\n" }

  mutating func subsection(_ title: String) { text += ".SS \(Roff.quoted(title))\n" }

  /// Paragraphs are apart by an empty line; lines that are all indented stay as they are. What stands
  /// in backticks is bold.
  mutating func paragraphs(_ words: String) {
    for paragraph in Roff.split(words) {
      let lines = paragraph.split(separator: "\n").map(String.init)
      if lines.allSatisfy({ $0.hasPrefix(" ") }) {
        text += ".PP\n.RS 4\n.nf\n" + lines.map { Roff.marked($0) + "\n" }.joined() + ".fi\n.RE\n"
      } else {
        text += ".PP\n" + lines.map { Roff.marked($0) + "\n" }.joined()
      }
    }
  }

  /// Of a list without space between its lines; roff already.
  mutating func line(_ line: String) { text += "\(line)\n.br\n" }

  /// `term` is roff already.
  mutating func item(_ term: String, _ words: String) {
    text += ".TP\n\(term)\n"
    for line in words.split(separator: "\n") { text += Roff.marked(String(line)) + "\n" }
  }

  static func bold(_ words: String) -> String { "\\fB\(escaped(words))\\fR" }

  static func italic(_ words: String) -> String { "\\fI\(escaped(words))\\fR" }

  /// Characters that roff would take for something else, or print as something else (groff_char(7)).
  static func escaped(_ words: String) -> String {
    var result = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += "\\(dq"
      case _ where scalar.value > 126:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
      default: result.unicodeScalars.append(scalar)
      }
    }
    // At the beginning of a line, a dot is a request.
    return result.hasPrefix(".") ? "\\&" + result : result
  }

  private static func marked(_ line: String) -> String {
    let parts = line.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
    // An odd mark is just a character.
    if parts.count.isMultiple(of: 2) { return escaped(line) }
    return parts.enumerated().map { $0.isMultiple(of: 2) ? escaped($1) : bold($1) }.joined()
  }

  private static func split(_ words: String) -> [String] {
    var paragraphs = [""]
    for line in words.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == " " }) {
        paragraphs.append("")
      } else {
        paragraphs[paragraphs.count - 1] += (paragraphs.last!.isEmpty ? "" : "\n") + line
      }
    }
    return paragraphs.filter { !$0.isEmpty }
  }

  private static func quoted(_ words: String) -> String { "\"\(escaped(words))\"" }
}
