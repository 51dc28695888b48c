import ArgumentParser
import Foundation

/// A command as the parser knows it: what `--help` is made from.
struct CommandOutline: Decodable {
  var commandName: String
  var abstract: String?
  var discussion: String?
  var shouldDisplay: Bool
  var subcommands: [CommandOutline]?
  var arguments: [Argument]?

  struct Argument: Decodable {
    var kind: Kind
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    var isOptional: Bool
    var isRepeating: Bool
    var shouldDisplay: Bool

    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      var kind: String
      var name: String

      /// As it is typed.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }
  }

  /// From the parser's own dump (`--experimental-dump-help`), the only form in which it shows all of it.
  init(of command: any ParsableCommand.Type) throws {
    struct Dump: Decodable { var command: CommandOutline }
    self = try JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8)).command
  }

  /// With the words that lead to each, in their order; hidden ones are left out.
  func commands(below words: [String] = []) -> [(words: [String], command: CommandOutline)] {
    (subcommands ?? []).filter(\.shouldDisplay).flatMap { command in
      let words = words + [command.commandName]
      return [(words, command)] + command.commands(below: words)
    }
  }
}
