/// Conditions on a version, all of which must hold: ">=3.9,!=3.10.*,<4" (PEP 440).
package struct PythonSpecifier: Sendable, Equatable {
  private let clauses: [Clause]

  private struct Clause: Sendable, Equatable {
    var operation: String
    var version: PythonVersion
    /// Release numbers as written, before a `.*` if there is one.
    var places: Int
    var isPrefix: Bool
  }

  private static let operations = ["===", "==", "!=", "<=", ">=", "~=", "<", ">"]

  /// Nil for what is not a list of clauses; an empty text allows every version.
  package init?(_ text: some StringProtocol) {
    var clauses: [Clause] = []
    for part in text.split(separator: ",") {
      let clause = String(part.filter { !$0.isWhitespace })
      if clause.isEmpty { continue }
      guard let operation = PythonSpecifier.operations.first(where: clause.hasPrefix) else { return nil }
      var written = clause.dropFirst(operation.count)
      let isPrefix = written.hasSuffix(".*")
      if isPrefix { written = written.dropLast(2) }
      guard let version = PythonVersion(written) else { return nil }
      if isPrefix && operation != "==" && operation != "!=" { return nil }
      let numbers = written.drop { $0 == "v" }.split(separator: "!").last ?? ""
      let places = numbers.prefix { $0.isNumber || $0 == "." }.split(separator: ".").count
      if operation == "~=" && places < 2 { return nil }
      clauses.append(
        Clause(operation: operation, version: version, places: places, isPrefix: isPrefix))
    }
    self.clauses = clauses
  }

  package func allows(_ version: PythonVersion) -> Bool {
    clauses.allSatisfy { PythonSpecifier.holds($0, for: version) }
  }

  private static func holds(_ clause: Clause, for version: PythonVersion) -> Bool {
    let wanted = clause.version
    switch clause.operation {
    case "==", "===":
      if clause.isPrefix { return version.agrees(with: wanted, upTo: clause.places) }
      return wanted.hasLocalPart ? version == wanted : version.isSamePublicVersion(as: wanted)
    case "!=":
      var opposite = clause
      opposite.operation = "=="
      return !holds(opposite, for: version)
    case "~=": return version >= wanted && version.agrees(with: wanted, upTo: clause.places - 1)
    case "<=": return version < wanted || version.isSamePublicVersion(as: wanted)
    case ">=": return version >= wanted
    // A later stage of the very release that is named is neither below nor above it.
    case "<":
      return version < wanted
        && !(!version.isStable && wanted.isStable && version.release == wanted.release
          && version.epoch == wanted.epoch)
    default:
      return version > wanted && !version.isSamePublicVersion(as: wanted)
        && !(version.isPostRelease && !wanted.isPostRelease && version.release == wanted.release
          && version.epoch == wanted.epoch)
    }
  }
}
