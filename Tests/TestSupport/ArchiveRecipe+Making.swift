import FileTree
import HostTools

extension ArchiveRecipe {
  /// The archive, as its reader gets it; more than one when the recipe cuts it at every so many bytes.
  /// `canary` takes the place of `{canary}`.
  package func archives(for reader: Reader, canary: String) throws -> [[UInt8]] {
    let contents = try Contents(of: lines, canary: canary, prefix: reader == .npm ? "package/" : "")
    let whole = try contents.archive(for: reader)
    switch contents.cut {
    case .nowhere: return [whole]
    case .at(let count): return [Array(whole[..<count])]
    case .every(let step): return stride(from: 0, to: whole.count, by: step).map { Array(whole[..<$0]) }
    }
  }

  /// What has to be in the tree afterwards: a path, and its mode if the recipe says one.
  package var results: [(path: TreePath, mode: UInt16?)] {
    lines.compactMap { line in
      guard line.words[0].elementsEqual("makes".utf8), let path = TreePath(line.words[1]) else { return nil }
      let mode = line.words.dropFirst(2).first.flatMap {
        UInt16(String(decoding: $0, as: UTF8.self), radix: 8)
      }
      return (path, mode)
    }
  }
}

/// Members and directions of one recipe.
private struct Contents {
  enum Cut { case nowhere, at(Int), every(Int) }

  var members: [RawArchive.Member] = []
  var control: [RawArchive.Member] = []
  /// Members of the ar archive, in their order.
  var order = ["debian-binary", "control.tar", "data.tar"]
  /// A program that compresses.
  var filter: String?
  var cut = Cut.nowhere
  /// In place of the tar archive.
  var raw: [UInt8]?
  /// Without what an honest archive of the kind has besides.
  var isBare = false

  init(of lines: [ArchiveRecipe.Line], canary: String, prefix: String) throws {
    isBare = lines.contains { $0.words == [Array("bare".utf8)] }
    let prefix = isBare ? "" : prefix
    for line in lines {
      let words = line.words.map { word in
        String(validating: word, as: UTF8.self).map { Array($0.replacing("{canary}", with: canary).utf8) }
          ?? word
      }
      func text(_ index: Int) -> String {
        index < words.count ? String(decoding: words[index], as: UTF8.self) : ""
      }
      switch text(0) {
      case "bare", "makes": break
      case "ar": order = words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
      case "packed": filter = text(1)
      case "raw": raw = line.content ?? []
      case "cut": cut = text(1) == "every" ? .every(Int(text(2))!) : .at(Int(text(1))!)
      case "control": control += try Contents.members(Array(words.dropFirst()), line, prefix: "")
      default: members += try Contents.members(words, line, prefix: prefix)
      }
    }
  }

  /// `KIND NAME [-> TARGET] [KEY=VALUE…]`, and the line's content.
  private static func members(
    _ words: [[UInt8]], _ line: ArchiveRecipe.Line, prefix: String
  ) throws -> [RawArchive.Member] {
    let kinds: [String: (type: Character, mode: Int)] = [
      "file": ("0", 0o644), "hard-link": ("1", 0o644), "link": ("2", 0o777), "character": ("3", 0o644),
      "block": ("4", 0o644), "directory": ("5", 0o755), "fifo": ("6", 0o644), "long-name": ("0", 0o644),
    ]
    let word = String(decoding: words[0], as: UTF8.self)
    guard words.count > 1, let kind = kinds[word] else {
      throw ToolFailure(description: "line \(line.number): expected a kind and a name, found \"\(word)\"")
    }
    let name = Array(prefix.utf8) + words[1]
    if word == "long-name" { return RawArchive.Member.longName(String(decoding: name, as: UTF8.self)) }
    var member = RawArchive.Member(name, type: kind.type, mode: kind.mode)
    if kind.type == "0" { member.content = line.content ?? Array("content\n".utf8) }
    var rest = words.dropFirst(2)
    if rest.first?.elementsEqual("->".utf8) == true {
      let target = String(decoding: rest.dropFirst().first ?? [], as: UTF8.self)
      member.link = (word == "hard-link" ? prefix : "") + target
      rest = rest.dropFirst(2)
    }
    for option in rest {
      let parts = option.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let (key, value) = (
        String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)
      )
      switch key {
      case "mode": member.mode = Int(value, radix: 8)!
      case "size": member.size = Int(value)!
      case "owner": member.owner = Int(value)!
      case "times": member.times = Int(value)!
      case _ where key.hasPrefix("pax."):
        member.records.append(.init(key: String(key.dropFirst(4)), value: Array(parts[1])))
      default: throw ToolFailure(description: "line \(line.number): unknown option \(key)")
      }
    }
    return [member]
  }

  // MARK: Archives

  func archive(for reader: ArchiveRecipe.Reader) throws -> [UInt8] {
    switch reader {
    case .deb: return try deb()
    case .npm: return try tar((isBare ? [] : [.file("package/package.json", "{}")]) + members)
    case .tar, .pack: return try tar(members)
    case .zip: return try zip(members)
    case .wheel: return try zip(members + record())
    }
  }

  private func deb() throws -> [UInt8] {
    let plain = [RawArchive.Member.file("./control", RawArchive.control("hostile"))]
    let parts = [
      "debian-binary": Array("2.0\n".utf8),
      "control.tar": RawArchive.tar([.directory("./")] + (control.isEmpty && !isBare ? plain : control)),
      "data.tar": try tar([.directory("./")] + members),
    ]
    return RawArchive.ar(order.map { ($0, parts[$0] ?? []) })
  }

  private func tar(_ members: [RawArchive.Member]) throws -> [UInt8] {
    let bytes = raw ?? RawArchive.tar(members)
    return try filter.map { try filtered(bytes, by: $0) } ?? bytes
  }

  private func zip(_ members: [RawArchive.Member]) throws -> [UInt8] {
    // What gzip makes is a header of ten bytes, the same deflated bytes as in zip, and eight of sums.
    try RawArchive.zip(
      members,
      deflate: filter == nil ? nil : { Array(try filtered($0, by: "gzip").dropFirst(10).dropLast(8)) })
  }

  private func filtered(_ bytes: [UInt8], by name: String) throws -> [UInt8] {
    let result = try HostTool(name, package: name).run(
      name == "gzip" ? ["-nc"] : ["-c"], input: .bytes(bytes))
    guard result.status == .exited(0) else { throw ToolFailure(description: "\(name): \(result.messages)") }
    return result.output
  }

  /// What a wheel says of itself, with a true row for each file.
  private func record() throws -> [RawArchive.Member] {
    let info = "hostile-1.0.dist-info"
    let files: [RawArchive.Member] = [
      .file("\(info)/METADATA", "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n"),
      .file("\(info)/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ]
    if isBare { return files }
    var rows = Array("\(info)/RECORD,,\n".utf8)
    var known: Set<[UInt8]> = []
    for file in members + files where file.type != "5" && known.insert(file.name).inserted {
      let sum = Base64.urlSafe.text(of: Digest(of: file.content).bytes)
      let quoted = file.name.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
      rows += Array("\"".utf8) + quoted + Array("\",sha256=\(sum),\(file.content.count)\n".utf8)
    }
    return files + [RawArchive.Member(Array("\(info)/RECORD".utf8), content: rows)]
  }
}
