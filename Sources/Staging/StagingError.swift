import Diagnosis
import FileTree

/// A package that cannot be unpacked.
package struct StagingError: Diagnosable {
  package enum Problem: Sendable {
    /// The control file says something else than the lock.
    case mismatch(field: String, expected: String, found: String)
    case malformed(String)
    /// Both packages ship the path and neither `Replaces` the other.
    case conflict(path: TreePath, other: String)
    case scriptFailed(String, status: String, log: [String])
  }

  package var package: String
  package var problem: Problem

  package init(_ package: String, _ problem: Problem) {
    self.package = package
    self.problem = problem
  }

  package var summary: String {
    switch problem {
    case .mismatch(let field, let expected, let found):
      "cannot unpack \(package): expected \(field) \(expected), found \(found)"
    case .malformed(let what): "cannot unpack \(package): \(what)"
    case .conflict(let path, let other): "cannot unpack \(package): \(other) ships \(path), too"
    case .scriptFailed(let script, let status, _): "cannot unpack \(package): \(script) \(status)"
    }
  }

  package var causes: [String] {
    if case .scriptFailed(_, _, let log) = problem { log } else { [] }
  }

  package var hints: [String] {
    switch problem {
    case .mismatch: ["the mirror serves another package under this name; try another mirror"]
    case .conflict: ["drop one of the two packages: dpkg would refuse them together as well"]
    default: []
    }
  }
}
