import BuildModel
import Diagnosis

/// The questions that `new` asks, one line each. What cannot be used is asked again.
package struct NewGuestQuestions {
  /// Shows a text.
  package var say: (String) -> Void
  /// The next line without its end; nil after the last one.
  package var answer: () -> String?

  package init(say: @escaping (String) -> Void, answer: @escaping () -> String?) {
    self.say = say
    self.answer = answer
  }

  /// `guest` with what was answered in place of what it has.
  package func ask(about guest: NewGuest, from base: GuestConfiguration) throws -> NewGuest {
    var guest = guest
    guest.identity.name = try text("Name", guest.identity.name)
    guest.identity.version = try text("Version", guest.identity.version)
    guest.identity.description = try text("Description", guest.identity.description)
    for index in guest.identity.changelog.indices {
      guest.identity.changelog[index].version = guest.identity.version
    }
    guest.tables =
      try choice("AI providers", base.files(of: .provider))
      + choice("Package sets", base.files(of: .packageSet))
      + choice("MCP servers", base.files(of: .server))
    guest.copiesSecurity = try confirmation("Copy the security settings?")
    guest.copiesMachine = try confirmation("Copy the settings of the virtual machine?")
    guest.additions =
      try additions(.provider, guest, base) { .provider($0) }
      + additions(.packageSet, guest, base) { try .packages($0, manager: nil) }
      + additions(.server, guest, base) { .server($0, .stdio) }
    return guest
  }

  private func line(_ question: String) throws -> String {
    say(question)
    guard let line = answer() else {
      say("\n")
      throw Report(
        "cannot ask about the new guest: the input has ended",
        hints: ["--non-interactive takes everything of the base, and asks nothing"])
    }
    return line.trimmingBlanks
  }

  private func text(_ question: String, _ usual: String) throws -> String {
    let line = try line(usual.isEmpty ? "\(question): " : "\(question) [\(usual)]: ")
    return line.isEmpty ? usual : line
  }

  private func confirmation(_ question: String) throws -> Bool {
    while true {
      switch try line("\(question) [Y/n]: ").lowercased() {
      case "", "y", "yes": return true
      case "n", "no": return false
      default: say("Answer y or n.\n")
      }
    }
  }

  /// Some of `files`, by number or name.
  private func choice(_ title: String, _ files: [String]) throws -> [String] {
    if files.isEmpty { return [] }
    let names = files.map { String($0.split(separator: "/").last ?? "").dropLast(".toml".count) }
    say("\(title):\n")
    for (index, name) in names.enumerated() { say("  \(index + 1)  \(name)\n") }
    while true {
      let line = try line("Which? Numbers or names, separated by commas; * all, - none [*]: ")
      if line.isEmpty || line == "*" { return files }
      if line == "-" { return [] }
      let words = line.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
      let chosen = words.map { word in
        names.firstIndex { $0 == word } ?? Int(word).flatMap { files.indices.contains($0 - 1) ? $0 - 1 : nil }
      }
      if let wrong = zip(words, chosen).first(where: { $0.1 == nil })?.0 {
        say("There is no \"\(wrong)\".\n")
      } else if !words.isEmpty {
        return Set(chosen.compactMap(\.self)).sorted().map { files[$0] }
      }
    }
  }

  /// Names until an empty line, each of a table that the guest does not have yet.
  private func additions(
    _ kind: TableName.Kind, _ guest: NewGuest, _ base: GuestConfiguration,
    _ make: (TableName) throws -> Addition
  ) throws -> [Addition] {
    var additions: [Addition] = []
    while true {
      let line = try line("Add another \(kind.words)? Its name, or nothing: ")
      if line.isEmpty { return additions }
      do {
        let addition = try make(TableName(line, for: kind))
        let isChosen = addition.tables(of: base).contains { table in
          table.key == line
            && guest.tables.contains { "\(base.configDirectory)/\($0)" == table.position.file }
        }
        if isChosen || additions.contains(addition)
          || guest.tables.contains(where: { "config/\($0)" == addition.path })
        {
          say("There is a \"\(line)\" already.\n")
        } else {
          additions.append(addition)
        }
      } catch {
        let report = Report(of: error)
        say(([report.summary] + report.hints).joined(separator: "; ") + ".\n")
      }
    }
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    var rest = drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}
