import Diagnosis

/// Everything that is wrong in a guest's config, in the order of loading.
package struct GuestConfigError: Diagnosable, Equatable {
  /// "guest/config"
  package var directory: String
  package var problems: [GuestConfigProblem]

  package init(directory: String, problems: [GuestConfigProblem]) {
    self.directory = directory
    self.problems = problems
  }

  package var summary: String {
    problems.count == 1
      ? "cannot load the config: \(problems[0])" : "cannot load \(directory): \(problems.count) problems"
  }

  package var causes: [String] { problems.count == 1 ? [] : problems.map(\.description) }

  package var hints: [String] {
    var seen: Set<String> = []
    return problems.compactMap(\.hint).filter { seen.insert($0).inserted }
  }
}

package struct GuestConfigProblem: Error, Equatable {
  package var kind: Kind
  package var position: SourcePosition
  /// "build.compression_level"; empty for what concerns a whole file.
  package var key: String
  /// "expected 1 to 22, found 30"
  package var reason: String
  package var hint: String?

  /// What a linter numbers: E001 to E005 in this order, with `value` as E003.
  package enum Kind: Sendable, Equatable { case missing, syntax, value, emptyPackages, manager }

  package init(
    _ kind: Kind, at position: SourcePosition, key: String = "", _ reason: String, hint: String? = nil
  ) {
    self.kind = kind
    self.position = position
    self.key = key
    self.reason = reason
    self.hint = hint
  }
}

extension GuestConfigProblem: CustomStringConvertible {
  package var description: String {
    key.isEmpty ? "\(position): \(reason)" : "\(position): \(key): \(reason)"
  }
}
