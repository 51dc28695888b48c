/// Questions whose answers show which circumstances are in force: asked outside, where a build starts, and
/// of a script inside the tree.
enum Question: String, Sendable, Codable, CaseIterable {
  case user, ids, home, directory, host, umask, locale, zone, clock, temporary, processors, order, staging,
    space

  private var command: String {
    switch self {
    case .user: "$(id -u)"
    case .ids: "$(read -r _ first _ </proc/self/uid_map; echo \"$first\")"
    case .home: "$HOME"
    case .directory: "$PWD"
    case .host: "$(uname -n)"
    case .umask: "$(umask)"
    case .locale: "${LC_ALL-none}"
    case .zone: "$(date +%z)"
    case .clock: "$(date +%Y-%m-%d)"
    case .temporary: "${TMPDIR-none}"
    case .processors: "$(nproc)"
    // What readdir(3) tells first says as much as all of it.
    case .order: "$(ls -U /usr/bin /usr/lib | cksum | cut -d ' ' -f 1)"
    case .staging: "$(stat -f -c %T .)"
    case .space: "$(stat -f -c %b .)"
    }
  }

  /// A shell script that answers all of them, one a line.
  static var script: String { allCases.map { "echo \"\($0.rawValue)=\($0.command)\"\n" }.joined() }

  static func answers(in text: String) -> [Question: String] {
    var answers: [Question: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let probe = Question(rawValue: String(parts[0])) else { continue }
      answers[probe] = String(parts[1])
    }
    return answers
  }
}
