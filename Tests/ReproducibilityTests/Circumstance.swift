import TestSupport

/// A way in which two builds of one lock may differ, and how to see that it is in force.
struct Circumstance: Sendable, CustomStringConvertible {
  var name: String
  var user: TestUser?
  /// Shell commands that set it up, in mount and host name spaces of the build's own. They find the
  /// site's directory in `$site`, its cache in `$cache`.
  var place = ""
  var setting = ""
  /// Of the program.
  var environment: [String: String] = [:]
  /// The tree has to lie in the cache, where a build may have to keep it, and not in memory of the worker's.
  var stagesInCache = false
  /// What a shell beside the program has to answer to a question, and what a maintainer script has to.
  var outside: [Probe: String] = [:]
  var inside: [Probe: String] = [:]
  var clockIsAhead = false

  var description: String { name }
}

/// A question of which the answer shows a circumstance to be in force: a shell command.
enum Probe: String, Sendable, CaseIterable {
  case processors, umask, year, zone, weekday, host, home, temporary, staging, ids

  private var command: String {
    switch self {
    case .processors: "$(nproc)"
    case .umask: "$(umask)"
    case .year: "$(date +%Y)"
    case .zone: "$(date +%z)"
    case .weekday: "$(date -d 2024-01-03 +%A)"
    case .host: "$(uname -n)"
    case .home: "$HOME"
    case .temporary: "${TMPDIR-none}"
    case .staging: "$(stat -f -c %T /)"
    case .ids: "$(read -r _ first _ </proc/self/uid_map; echo \"$first\")"
    }
  }

  /// A shell script that answers all of them, one a line.
  static func script(_ mark: String) -> String {
    allCases.map { "echo \"\(mark): \($0.rawValue)=\($0.command)\"\n" }.joined()
  }

  /// The answers in what a script said.
  static func answers(in text: String, _ mark: String) -> [Probe: String] {
    var answers: [Probe: String] = [:]
    for probe in allCases {
      guard let found = text.firstRange(of: "\(mark): \(probe.rawValue)=") else { continue }
      answers[probe] = String(text[found.upperBound...].prefix { $0 != "\n" && $0 != "\"" })
    }
    return answers
  }
}
