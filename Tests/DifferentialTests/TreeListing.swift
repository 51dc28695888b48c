import Foundation
import TestSupport

/// A tree as find, stat, sha256sum and getfattr see it: none of this is code of ours, and both trees that
/// are compared are seen by the same eyes.
struct TreeListing: Sendable {
  /// The size of a directory says nothing of the tree, so only files have one.
  typealias Entry = [Attribute: String]

  /// Names as docs/differential.md has them.
  enum Attribute: String, Sendable, CaseIterable, Comparable {
    case kind, mode, owner, target, device, size, content, links, attributes, time

    static func < (a: Attribute, b: Attribute) -> Bool { a.rawValue < b.rawValue }
  }

  /// By absolute path.
  private(set) var entries: [String: Entry] = [:]

  /// Times of files and links before `date`, the one that both builds are given, are those that packages
  /// ship. Later ones are the clock's. Those of directories are what the last unpacking left there.
  init(of root: String, date: Int64) throws {
    try findEntries(root, date)
    try findDevices(root)
    try findContents(root)
    try findExtendedAttributes(root)
  }

  /// Runs a tool in `root`; its output cut at zero bytes.
  private func words(_ tool: String, _ arguments: [String], in root: String) throws -> [String] {
    var words = try runTool(tool, arguments, in: root).split(
      separator: "\0", omittingEmptySubsequences: false
    ).map(String.init)
    // Behind the last zero is nothing.
    if words.last == "" { words.removeLast() }
    return words
  }

  /// The name of `./etc/passwd` in the tree.
  private static func name(_ found: some StringProtocol) -> String {
    found == "." ? "/" : String(found.dropFirst(found.hasPrefix("./") ? 1 : 0))
  }

  private mutating func findEntries(_ root: String, _ date: Int64) throws {
    let format = "%p\\0%y\\0%#m\\0%U:%G\\0%l\\0%s\\0%T@\\0%n\\0%D:%i\\0"
    let fields = try words("find", [".", "-printf", format], in: root)
    guard fields.count.isMultiple(of: 9) else {
      throw CannotCompare(description: "find: \(fields.count) fields")
    }
    var groups: [String: [String]] = [:]
    for start in stride(from: 0, to: fields.count, by: 9) {
      let field = Array(fields[start..<(start + 9)])
      var entry = Entry()
      entry[.kind] = field[1]
      entry[.mode] = field[2]
      entry[.owner] = field[3]
      if field[1] == "l" { entry[.target] = field[4] }
      if field[1] == "f" { entry[.size] = field[5] }
      let seconds = field[6].split(separator: ".").first.flatMap { Int64($0) } ?? 0
      if seconds < date && ["f", "l"].contains(field[1]) { entry[.time] = field[6] }
      let name = TreeListing.name(field[0])
      if field[1] != "d" && field[7] != "1" { groups[field[8], default: []].append(name) }
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw CannotCompare(description: "two entries are named \(name)")
      }
    }
    for names in groups.values {
      let group = names.sorted().joined(separator: " = ")
      for name in names { entries[name]?[.links] = group }
    }
  }

  private mutating func findDevices(_ root: String) throws {
    let fields = try words(
      "find",
      [
        ".", "(", "-type", "c", "-o", "-type", "b", ")", "-exec", "stat", "--printf", "%n\\0%t:%T\\0", "{}",
        "+",
      ],
      in: root)
    for start in stride(from: 0, to: fields.count - 1, by: 2) {
      entries[TreeListing.name(fields[start])]?[.device] = fields[start + 1]
    }
  }

  private mutating func findContents(_ root: String) throws {
    for line in try words("find", [".", "-type", "f", "-exec", "sha256sum", "--zero", "{}", "+"], in: root) {
      // 64 digits, and two characters between them and the name.
      entries[TreeListing.name(line.dropFirst(66))]?[.content] = String(line.prefix(64))
    }
  }

  /// Capabilities are among them, as `security.capability`.
  private mutating func findExtendedAttributes(_ root: String) throws {
    let text = try runTool(
      "getfattr",
      ["--recursive", "--physical", "--no-dereference", "--dump", "--match=-", "--encoding=hex", "."],
      in: root)
    for block in text.components(separatedBy: "\n\n") where !block.isEmpty {
      let lines = block.split(separator: "\n")
      // Not "./": getfattr prints the names below `.` as they were found, without it.
      guard let first = lines.first, first.hasPrefix("# file: ") else {
        throw CannotCompare(description: "getfattr: \(block)")
      }
      let found = first.dropFirst("# file: ".count)
      let name = found == "." ? "/" : found.hasPrefix("./") ? String(found.dropFirst()) : "/" + found
      guard entries[name] != nil else { throw CannotCompare(description: "getfattr names \(name)") }
      entries[name]?[.attributes] = lines.dropFirst().sorted().joined(separator: " ")
    }
  }
}
