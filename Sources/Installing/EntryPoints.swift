/// The commands that a wheel asks for in its `entry_points.txt`.
package struct EntryPoints: Sendable, Equatable {
  package struct Command: Sendable, Equatable {
    package var name: String
    package var module: String
    /// "main", or "Class.method".
    package var attribute: String
  }

  /// Console commands, then graphical ones; each group as written.
  package var commands: [Command] = []

  package init() {}

  /// Names and sections are case-sensitive and `=` alone separates, as uv reads them.
  package init(parsing bytes: [UInt8], wheel: String) throws(WheelError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WheelError(wheel, "entry_points.txt is not UTF-8")
    }
    var section = ""
    var bySection: [String: [Command]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmed
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == "[", line.last == "]" {
        section = String(line.dropFirst().dropLast().trimmed)
      } else if section == "console_scripts" || section == "gui_scripts" {
        guard let command = Command(line: line) else {
          throw WheelError(
            wheel, "entry_points.txt has a line that is not name = module:function: \"\(line)\"")
        }
        bySection[section, default: []].append(command)
      }
    }
    commands = bySection["console_scripts", default: []] + bySection["gui_scripts", default: []]
  }
}

extension EntryPoints.Command {
  init?(line: Substring) {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    let name = line[..<equals].trimmed
    var object = line[line.index(after: equals)...].trimmed
    // Extras say when the command is of use; it is made anyway.
    if object.hasSuffix("]"), let bracket = object.firstIndex(of: "[") { object = object[..<bracket].trimmed }
    let parts = object.split(separator: ":", omittingEmptySubsequences: false).map(\.trimmed)
    guard parts.count == 2, parts.allSatisfy(EntryPoints.Command.isDottedName),
      !name.isEmpty, name != ".", name != "..", name.utf8.count <= 255,
      !name.unicodeScalars.contains(where: { $0 == "/" || $0.value < 0x20 })
    else { return nil }
    self.init(name: String(name), module: String(parts[0]), attribute: String(parts[1]))
  }

  private static func isDottedName(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      part.first.map { !$0.isNumber } == true
        && part.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
    }
  }

  /// The script that runs the command, byte for byte as uv writes it.
  func script(interpreter: String) -> String {
    let imported = attribute.prefix { $0 != "." }
    return """
      #!\(interpreter)
      # -*- coding: utf-8 -*-
      import sys
      from \(module) import \(imported)
      if __name__ == "__main__":
          if sys.argv[0].endswith("-script.pyw"):
              sys.argv[0] = sys.argv[0][:-11]
          elif sys.argv[0].endswith(".exe"):
              sys.argv[0] = sys.argv[0][:-4]
          sys.exit(\(attribute)())

      """
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  var trimmed: SubSequence {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
    while rest.last?.isWhitespace == true { rest = rest.dropLast() }
    return rest
  }
}
