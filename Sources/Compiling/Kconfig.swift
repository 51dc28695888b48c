/// The options that a kernel's source knows, with what each depends on: read to explain why an option was
/// dropped, which `make olddefconfig` does not say.
struct Kconfig {
  struct Definition {
    /// All of them have to be true: its own and those of the menus and conditions around it.
    var dependencies: [KconfigExpression] = []
    /// A person can choose it; otherwise only other options can.
    var hasPrompt = false
    var selects: [(name: String, condition: KconfigExpression?)] = []
  }

  /// An option may be defined in several places.
  private(set) var definitions: [String: [Definition]] = [:]

  /// Follows `source` from the top. `read` gives the text of a file below the source; nil if there is none.
  init(architecture: String, read: (String) throws -> String?) rethrows {
    var reader = KconfigReader(architecture: architecture)
    try reader.follow("Kconfig", read)
    definitions = reader.definitions
  }

  /// Why an option that was asked for as `wanted` did not become that. `value` is its outcome by name.
  func reason(_ name: String, wanted: String, _ value: (String) -> String) -> String {
    guard let places = definitions[name] else { return "this source knows no option of that name" }
    if wanted == "n" {
      let active = selectors(of: name) { $0?.isTrue(value) != false }
        .filter { ["y", "m"].contains(value($0)) }
      return active.isEmpty
        ? "its default is \(value(name)), and nobody can turn it off"
        : "it is selected by \(active.prefix(4).joined(separator: ", "))"
    }
    let unmet = places.map { place in place.dependencies.flatMap { $0.unmet(value) } }
    if let fewest = unmet.min(by: { $0.count < $1.count }), !fewest.isEmpty {
      return "it depends on \(fewest.joined(separator: ", and on "))"
    }
    if !places.contains(where: \.hasPrompt) {
      let selectors = selectors(of: name) { _ in true }
      return selectors.isEmpty
        ? "it cannot be asked for: it has no prompt"
        : "it cannot be asked for: it is selected by \(selectors.prefix(4).joined(separator: ", "))"
    }
    return "another choice excludes it"
  }

  /// Options that turn another one on, under a condition that holds.
  private func selectors(of name: String, where holds: (KconfigExpression?) -> Bool) -> [String] {
    definitions.filter { _, places in
      places.contains { $0.selects.contains { $0.name == name && holds($0.condition) } }
    }.keys.sorted()
  }
}

/// One pass over the files, with what is around the place that is read.
private struct KconfigReader {
  var architecture: String
  var definitions: [String: [Kconfig.Definition]] = [:]
  /// Conditions of the blocks that are open, one entry a block.
  private var blocks: [[KconfigExpression]] = []
  private var current: (name: String, definition: Kconfig.Definition)?

  init(architecture: String) { self.architecture = architecture }

  mutating func follow(_ path: String, _ read: (String) throws -> String?) rethrows {
    guard let text = try read(path) else { return }
    defer { close() }
    var isHelp = false
    var helpIndent: Int?
    var pending = ""
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if isHelp {
        // Help goes on as long as its indentation does.
        let indent = KconfigReader.indentation(of: raw)
        if raw.allSatisfy(\.isWhitespace) { continue }
        if indent >= helpIndent ?? max(indent, 1) {
          helpIndent = helpIndent ?? indent
          continue
        }
        isHelp = false
      }
      if raw.hasSuffix("\\") {
        pending += raw.dropLast() + " "
        continue
      }
      let line = KconfigReader.withoutComment(pending + raw)
      pending = ""
      let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      var rest = words.count > 1 ? words[1] : ""
      while rest.last?.isWhitespace == true { rest.removeLast() }
      if first == "help" || first == "---help---" {
        (isHelp, helpIndent) = (true, nil)
      } else if first == "source" {
        close()
        try follow(name(of: rest), read)
      } else {
        take(first, rest)
      }
    }
  }

  private mutating func take(_ word: Substring, _ rest: Substring) {
    switch word {
    case "config", "menuconfig":
      close()
      current = (String(rest), Kconfig.Definition(dependencies: blocks.flatMap { $0 }))
    case "menu", "choice", "comment", "mainmenu":
      close()
      if word == "menu" || word == "choice" { blocks.append([]) }
      if word == "comment" { current = ("", Kconfig.Definition()) }
    case "if":
      close()
      blocks.append(KconfigExpression(rest).map { [$0] } ?? [])
    case "endmenu", "endchoice", "endif":
      close()
      if !blocks.isEmpty { blocks.removeLast() }
    case "depends":
      guard let condition = KconfigExpression(rest.dropFirst("on".count)) else { return }
      if current != nil {
        current?.definition.dependencies.append(condition)
      } else if let last = blocks.indices.last {
        blocks[last].append(condition)
      }
    case "bool", "tristate", "string", "int", "hex", "prompt":
      guard rest.contains("\"") else { return }
      current?.definition.hasPrompt = true
      let parts = rest.split(separator: "\"", omittingEmptySubsequences: false)
      if let after = parts.last?.split(separator: " ", maxSplits: 1), after.first == "if",
        after.count == 2, let condition = KconfigExpression(after[1])
      {
        current?.definition.dependencies.append(condition)
      }
    case "select", "imply":
      guard word == "select" else { return }
      let parts = rest.split(separator: " ", maxSplits: 2)
      guard let name = parts.first else { return }
      let condition = parts.count == 3 ? KconfigExpression(parts[2]) : nil
      current?.definition.selects.append((String(name), condition))
    default: break
    }
  }

  private mutating func close() {
    if let current, !current.name.isEmpty {
      definitions[current.name, default: []].append(current.definition)
    }
    current = nil
  }

  private func name(of word: Substring) -> String {
    word.filter { $0 != "\"" }.replacing("$(SRCARCH)", with: architecture).replacing(
      "$(HEADER_ARCH)", with: architecture)
  }

  private static func indentation(of line: Substring) -> Int {
    line.prefix(while: \.isWhitespace).reduce(0) { $1 == "\t" ? ($0 / 8 + 1) * 8 : $0 + 1 }
  }

  private static func withoutComment(_ line: String) -> Substring {
    var isQuoted = false
    for index in line.indices {
      if line[index] == "\"" { isQuoted.toggle() }
      if line[index] == "#" && !isQuoted { return line[..<index] }
    }
    return line[...]
  }
}
