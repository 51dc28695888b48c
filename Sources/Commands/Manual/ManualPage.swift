/// capsem-native(1): what `--help` says of every command, and what is the same for all of them.
struct ManualPage {
  private let outline: CommandOutline
  private let version: String

  init(_ outline: CommandOutline, version: String) {
    self.outline = outline
    self.version = version
  }

  var text: String {
    let name = outline.commandName
    var page = Roff(title: name, section: 1, source: "\(name) \(version)", manual: "User Commands")
    page.section("NAME")
    page.paragraphs("\(name) - \(ManualPage.sentence(outline.abstract))")
    page.section("SYNOPSIS")
    for (words, command) in outline.commands() where command.subcommands == nil {
      page.line(
        Roff.bold("\(name) \(words.joined(separator: " "))")
          + (ManualPage.options(of: command).isEmpty ? "" : " [" + Roff.italic("options") + "]")
          + ManualPage.operands(of: command))
    }
    page.section("DESCRIPTION")
    page.paragraphs(ManualPage.description)
    page.section("COMMANDS")
    for (words, command) in outline.commands() { add(words, command, to: &page) }
    page.section("OPTIONS OF ALL COMMANDS")
    for option in ManualPage.common(outline) { page.item(ManualPage.term(option), option.abstract ?? "") }
    for (title, items) in ManualPage.tables {
      page.section(title)
      for (term, words) in items { page.item(Roff.bold(term), words) }
    }
    page.section("SEE ALSO")
    page.paragraphs(ManualPage.related.joined(separator: ", "))
    return page.text
  }

  private func add(_ words: [String], _ command: CommandOutline, to page: inout Roff) {
    page.subsection(words.joined(separator: " "))
    page.paragraphs([command.abstract, command.discussion].compactMap { $0 }.joined(separator: "\n\n"))
    for operand in command.arguments ?? [] where operand.kind == .positional && operand.shouldDisplay {
      page.item(Roff.italic(operand.valueName ?? "value"), ManualPage.meaning(operand))
    }
    for option in ManualPage.options(of: command) {
      page.item(ManualPage.term(option), ManualPage.meaning(option))
    }
  }

  /// The abstract without its full stop.
  private static func sentence(_ abstract: String?) -> String {
    var words = abstract ?? ""
    if words.hasSuffix(".") { words.removeLast() }
    return words
  }

  private static func isCommon(_ argument: CommandOutline.Argument) -> Bool {
    (argument.names ?? []).contains { ["help", "version"].contains($0.name) }
  }

  private static func common(_ outline: CommandOutline) -> [CommandOutline.Argument] {
    (outline.arguments ?? []).filter { $0.kind != .positional && $0.shouldDisplay }
  }

  /// Its own ones.
  private static func options(of command: CommandOutline) -> [CommandOutline.Argument] {
    common(command).filter { !isCommon($0) }
  }

  private static func operands(of command: CommandOutline) -> String {
    (command.arguments ?? []).filter { $0.kind == .positional && $0.shouldDisplay }.map { operand in
      let name = Roff.italic(operand.valueName ?? "value") + (operand.isRepeating ? "..." : "")
      return operand.isOptional ? " [\(name)]" : " \(name)"
    }.joined()
  }

  /// "-o, --output dir"
  private static func term(_ option: CommandOutline.Argument) -> String {
    let names = (option.names ?? []).map { Roff.bold($0.text) }.joined(separator: ", ")
    return option.kind == .flag ? names : names + " " + Roff.italic(option.valueName ?? "value")
  }

  /// What `--help` says in brackets is said in words, unless the abstract says it already.
  private static func meaning(_ argument: CommandOutline.Argument) -> String {
    var words = argument.abstract ?? ""
    if let values = argument.allValues, values.count > 1, !values.allSatisfy(words.contains) {
      words += " One of \(values.joined(separator: ", "))."
    }
    if let value = argument.defaultValue, argument.kind != .flag, !words.contains("Default") {
      words += " Default: \(value)."
    }
    return words
  }
}
