import FileTree

/// A part of the assets that is built, and rebuilt, on its own.
package enum AssetPart: String, Sendable, CaseIterable { case rootfs, kernel, initrd }

/// What one part of the assets depends on, stage by stage. Two builds with equal inputs have equal
/// results.
package struct PartInputs: Sendable, Equatable {
  /// In the order of the build; the result of each is an input of the next.
  package var stages: [StageInputs]

  package init(_ stages: [StageInputs]) { self.stages = stages }

  /// One for each stage: the digest of its input's identity, its name and version, and what it says.
  package var identities: [Digest] {
    var before = ""
    return stages.map { stage in
      let lines = [before, "\(stage.name) \(stage.version)"] + stage.locked + [""] + stage.configured
      let identity = Digest(of: lines.joined(separator: "\n"))
      before = identity.hex
      return identity
    }
  }

  /// Without what only a lock tells.
  package var configured: PartInputs {
    PartInputs(
      stages.map {
        StageInputs($0.name, version: $0.version, locked: [], configured: $0.configured)
      })
  }
}

/// What a stage's result depends on beside the result before it, one statement each: a word and its
/// values.
package struct StageInputs: Sendable, Equatable {
  package var name: String
  /// Raised when the stage's result changes for the same input.
  package var version: Int
  /// What the lock says.
  package var locked: [String]
  /// What the config and the guest's own files say.
  package var configured: [String]

  package init(_ name: String, version: Int, locked: [String], configured: [String]) {
    self.name = name
    self.version = version
    self.locked = locked
    self.configured = configured
  }
}

// MARK: - Differences

/// How a statement came to differ between two builds.
package enum InputChange: Sendable, Equatable {
  case added(String)
  case removed(String)
  /// The same thing with other values: "package less".
  case changed(String, from: String, to: String)
  /// The same statements in another order.
  case reordered

  /// Of statements in which order counts; sorted by statement.
  package static func between(_ before: [String], _ after: [String]) -> [InputChange] {
    if before == after { return [] }
    var removed = Set(before).subtracting(after)
    var added = Set(after).subtracting(before)
    if removed.isEmpty && added.isEmpty { return [.reordered] }
    var changes: [(statement: String, change: InputChange)] = []
    // The same thing by its name, then what is said once only: the label.
    for subject in [InputChange.name(of:), InputChange.word(of:)] {
      let earlier = Dictionary(grouping: removed, by: subject)
      for (subject, statements) in Dictionary(grouping: added, by: subject) {
        guard let before = earlier[subject], before.count == 1, statements.count == 1 else { continue }
        let (from, to) = (before[0], statements[0])
        removed.remove(from)
        added.remove(to)
        func values(_ statement: String) -> String { String(statement.dropFirst(subject.count + 1)) }
        changes.append((to, .changed(String(subject), from: values(from), to: values(to))))
      }
    }
    changes += added.map { ($0, .added($0)) } + removed.map { ($0, .removed($0)) }
    return changes.sorted { $0.statement < $1.statement }.map(\.change)
  }

  private static func word(of statement: String) -> Substring { statement.prefix { $0 != " " } }

  /// The first two words, what a statement is about, if more follows.
  private static func name(of statement: String) -> Substring {
    guard let first = statement.firstIndex(of: " ") else { return statement[...] }
    let rest = statement[statement.index(after: first)...]
    return statement[..<(rest.firstIndex(of: " ") ?? statement.endIndex)]
  }
}

extension PartInputs {
  /// What differs from an earlier build, of each of its stages that differs by itself.
  package func changes(since earlier: PartInputs) -> [(stage: String, changes: [InputChange])] {
    stages.compactMap { stage in
      guard let before = earlier.stages.first(where: { $0.name == stage.name }) else {
        return (stage.name, [.added("stage \(stage.name)")])
      }
      var changes = InputChange.between(before.locked, stage.locked)
      changes += InputChange.between(before.configured, stage.configured)
      if before.version != stage.version {
        changes.insert(
          .changed("stage \(stage.name)", from: "\(before.version)", to: "\(stage.version)"), at: 0)
      }
      return changes.isEmpty ? nil : (stage.name, changes)
    }
  }
}

extension InputChange {
  /// "+ apt "strace"", "~ package less:amd64"
  package var line: String {
    switch self {
    case .added(let statement): "+ \(statement)"
    case .removed(let statement): "- \(statement)"
    case .changed(let subject, let before, let after):
      // Digests say nothing to people.
      if let (before, after) = InputChange.versions(before, after) {
        "~ \(subject) \(before) -> \(after)"
      } else {
        "~ \(subject)"
      }
    case .reordered: "~ the order"
    }
  }

  /// The first words, where those differ and are no digests.
  private static func versions(_ before: String, _ after: String) -> (Substring, Substring)? {
    let words = [before, after].map { $0.prefix { $0 != " " } }
    let isDigest = words.contains { $0.count == 64 && $0.allSatisfy(\.isHexDigit) }
    return words[0] == words[1] || isDigest ? nil : (words[0], words[1])
  }
}
