import Comparing
import FileTree
import Json

// What `diff` says, as text and as JSON.
extension ImageComparison {
  // MARK: Text

  var text: String {
    var lines = [side("before", before), side("after ", after)]
    if isSame { return lines.map { $0 + "\n" }.joined() + "same bytes\n" }
    if hasSameTree {
      lines += ["", "same tree, other bytes: \(ImageComparison.text(firstByte))"]
      lines += fileSystem.map { "  \($0.property): \($0.before) -> \($0.after)" }
      if fileSystem.isEmpty {
        lines.append("  what the file systems say of themselves is the same: the layout differs")
      }
      return lines.map { $0 + "\n" }.joined()
    }
    lines += ["", "packages: " + ImageComparison.counts(packages.map(\.change))]
    lines += packages.map { "  " + ImageComparison.line($0) }
    lines += ["", "files: " + ImageComparison.counts(files.map(\.change))]
    for group in groups {
      lines.append("  \(group.title)")
      for file in group.files { lines += ImageComparison.lines(file).map { "    " + $0 } }
    }
    lines += ["", "bytes: \(before.size) -> \(after.size), \(ImageComparison.text(firstByte))"]
    return lines.map { $0 + "\n" }.joined()
  }

  private func side(_ word: String, _ side: Side) -> String {
    "\(word) \(Rendering.harmless(side.path)), tree \(side.tree)"
  }

  private static func counts(_ changes: [TreeDifference.Change]) -> String {
    TreeDifference.Change.allCases.map { change in "\(changes.count { $0 == change }) \(change.rawValue)" }
      .joined(separator: ", ")
  }

  private static func mark(_ change: TreeDifference.Change) -> String {
    switch change {
    case .added: "+"
    case .removed: "-"
    case .changed: "~"
    }
  }

  private static func line(_ difference: PackageDifference) -> String {
    let versions = [difference.before, difference.after].compactMap { $0.map(word) }.joined(separator: " -> ")
    return "\(mark(difference.change)) \(title(difference.package)) \(versions)"
  }

  private static func title(_ package: PackageName) -> String {
    let place = package.place.map { " in /" + TreeText.escaped($0.bytes) } ?? ""
    return "\(word(package.name)) (\(package.source)\(place))"
  }

  private static func word(_ text: String) -> String { TreeText.escaped(Array(text.utf8)) }

  /// The files by whose they are: packages by name, then what is several packages', then what is none's.
  private var groups: [(title: String, files: [TreeDifference])] {
    let shared = files.filter { $0.packages.count > 1 }
    let own = Dictionary(grouping: files.filter { $0.packages.count == 1 }) { $0.packages[0] }
    let others = files.filter { $0.packages.isEmpty }
    return own.sorted { $0.key < $1.key }.map { (ImageComparison.title($0.key), $0.value) }
      + [("several packages", shared), ("no package", others)].filter { !$0.1.isEmpty }
  }

  private static func lines(_ file: TreeDifference) -> [String] {
    let path = "/" + TreeText.escaped(file.path.bytes)
    var lines = ["\(mark(file.change)) \(path)"]
    if let entry = file.before ?? file.after, file.change != .changed {
      lines[0] += " \(TreeText.word(for: entry.kind))"
      if entry.kind == .file { lines[0] += " \(entry.size) bytes" }
    }
    if file.packages.count > 1 {
      let shown = file.packages.prefix(mostOwners).map { word($0.name) }.joined(separator: ", ")
      let rest = file.packages.count - mostOwners
      lines[0] += " (\(shown)\(rest > 0 ? " and \(rest) more" : ""))"
    }
    lines += file.attributes.map { difference in
      "  \(difference.attribute.name): \(difference.before ?? "-") -> \(difference.after ?? "-")"
    }
    if file.firstByte != nil { lines.append("  \(text(file.firstByte))") }
    if !file.scripts.isEmpty {
      lines.append("  named by \(file.scripts.prefix(mostOwners).map(word).joined(separator: ", "))")
    }
    if let leak = KnownLeak.of(file.path) { lines.append("  known: \(leak.words)") }
    return lines
  }

  private static let mostOwners = 3

  /// "first at byte 12, 41 -> 42"
  private static func text(_ difference: ByteDifference?) -> String {
    guard let difference else { return "same bytes" }
    func shown(_ byte: UInt8?) -> String { byte.map { Digest.hex(CollectionOfOne($0)) } ?? "end" }
    return "first at byte \(difference.offset), \(shown(difference.before)) -> \(shown(difference.after))"
  }

  // MARK: JSON

  var json: JSONText {
    .object([
      ("same", .boolean(isSame)),
      ("same_tree", .boolean(hasSameTree)),
      ("before", ImageComparison.json(before)),
      ("after", ImageComparison.json(after)),
      ("first_byte", ImageComparison.json(firstByte)),
      (
        "file_system",
        .array(
          fileSystem.map {
            .object([
              ("property", .string($0.property)), ("before", .string($0.before)),
              ("after", .string($0.after)),
            ])
          })
      ),
      ("packages", .array(packages.map(ImageComparison.json))),
      ("files", .array(files.map(ImageComparison.json))),
    ])
  }

  private static func json(_ side: Side) -> JSONText {
    .object([
      ("image", .string(side.path)), ("size", .number(side.size)), ("tree", .string(side.tree.hex)),
    ])
  }

  private static func json(_ difference: ByteDifference?) -> JSONText {
    guard let difference else { return .null }
    func byte(_ byte: UInt8?) -> JSONText { byte.map { .number(Int64($0)) } ?? .null }
    return .object([
      ("offset", .number(Int64(difference.offset))), ("before", byte(difference.before)),
      ("after", byte(difference.after)),
    ])
  }

  private static func json(_ package: PackageName) -> [(String, JSONText)] {
    [
      ("name", .string(package.name)), ("source", .string(package.source)),
      ("architecture", package.architecture.map(JSONText.string) ?? .null),
      ("path", package.place.map { .string("/" + TreeText.escaped($0.bytes)) } ?? .null),
    ]
  }

  private static func json(_ difference: PackageDifference) -> JSONText {
    .object(
      [("change", .string(difference.change.rawValue))] + json(difference.package) + [
        ("before", difference.before.map(JSONText.string) ?? .null),
        ("after", difference.after.map(JSONText.string) ?? .null),
      ])
  }

  private static func json(_ file: TreeDifference) -> JSONText {
    .object([
      ("path", .string("/" + TreeText.escaped(file.path.bytes))),
      ("change", .string(file.change.rawValue)),
      ("kind", (file.after ?? file.before).map { .string(TreeText.word(for: $0.kind)) } ?? .null),
      ("packages", .array(file.packages.map { .object(json($0)) })),
      (
        "attributes",
        .array(
          file.attributes.map {
            .object([
              ("attribute", .string($0.attribute.name)),
              ("before", $0.before.map(JSONText.string) ?? .null),
              ("after", $0.after.map(JSONText.string) ?? .null),
            ])
          })
      ),
      ("first_byte", json(file.firstByte)),
      ("scripts", .array(file.scripts.map(JSONText.string))),
      ("known_leak", KnownLeak.of(file.path).map { .string($0.words) } ?? .null),
    ])
  }
}
