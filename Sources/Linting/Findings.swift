import BuildModel
import Diagnosis
import GuestConfig

/// All diagnostics of a guest, in order. `disk` is what the config refers to, as far as it was looked at.
package func lint(_ guest: LoadedGuest, _ disk: ReferredFiles) -> [Diagnostic] {
  var findings = Findings(guest: guest, disk: disk)
  findings.checkLoading()
  findings.checkBuild()
  findings.checkProviders()
  findings.checkPackageSets()
  findings.checkServers()
  findings.checkWeb()
  findings.checkEnvironment()
  findings.checkNames()
  return findings.diagnostics.inOrder()
}

/// What the checks, one file for each part of a config, look at and add to.
///
/// A value that could not be read is not there: a check of what is written needs nothing more, and one
/// that concludes from absence asks `guest.isSound`.
struct Findings {
  let guest: LoadedGuest
  let disk: ReferredFiles
  let mayHavePython: Bool
  private(set) var diagnostics: [Diagnostic] = []

  init(guest: LoadedGuest, disk: ReferredFiles) {
    self.guest = guest
    self.disk = disk
    mayHavePython = Findings.mayHavePython(guest)
  }

  mutating func add(
    _ code: DiagnosticCode, at position: SourcePosition, _ message: String, hint: String? = nil
  ) {
    diagnostics.append(Diagnostic(code, at: position, message, hint: hint))
  }

  /// A file below `config/` as positions name it.
  func file(_ name: String) -> String { "\(guest.configuration.configDirectory)/\(name)" }

  /// What could not be read at all, and what a later file replaced.
  mutating func checkLoading() {
    for problem in guest.problems + guest.strays.compactMap(\.problem) { add(problem) }
    for replaced in guest.configuration.replaced {
      let word =
        switch replaced.kind {
        case .provider: "AI provider"
        case .packageSet: "package set"
        case .mcpServer: "MCP server"
        }
      add(
        .duplicateTable, at: replaced.later,
        "duplicate \(word) \(quoted(replaced.key)), first written in \(replaced.earlier)",
        hint: "rename one of the two, or remove the one that is not meant")
    }
  }

  mutating func add(_ problem: GuestConfigProblem) {
    let code: DiagnosticCode =
      switch problem.kind {
      case .missing: .missingFile
      case .syntax: .syntax
      case .value: .value
      case .emptyPackages: .emptyPackages
      case .manager: .manager
      }
    add(problem, as: code)
  }

  mutating func add(_ problem: GuestConfigProblem, as code: DiagnosticCode) {
    let key = problem.key.isEmpty ? "" : "\(problem.key): "
    let kind = problem.kind == .syntax ? "invalid TOML: " : ""
    add(code, at: problem.position, kind + key + problem.reason, hint: problem.hint)
  }
}
