import Foundation
import TestSupport

/// What the tree's own dpkg says of it, question by question. The keys are what was asked.
enum PackageState {
  private static let fields = [
    "Version", "Status", "Conffiles", "Config-Version", "Triggers-Pending", "Triggers-Awaited",
  ]

  static func answers(in root: String, isForeign: Bool) throws -> [String: String] {
    func ask(_ command: String...) throws -> String {
      // Without a list to print, dpkg-statoverride and dpkg --verify end with status 1.
      try runTool(
        "env",
        (isForeign ? Emulation.prefix : [])
          + ["chroot", root, "/bin/sh", "-c", "\"$@\" 2>&1 || echo \"status $?\"", "sh"] + command)
    }
    var answers: [String: String] = [:]
    for field in fields {
      let text = try ask("dpkg-query", "-W", "-f", "@${binary:Package}\\n${\(field)}\\n")
      for answer in ("\n" + text).components(separatedBy: "\n@").dropFirst() {
        let lines = answer.split(separator: "\n", maxSplits: 1)
        answers["dpkg-query \(field) \(lines[0])"] = lines.count > 1 ? String(lines[1]) : ""
      }
    }
    func split(_ command: String, _ text: String) {
      // Each line a key of its own, so that a difference names it.
      for line in text.split(separator: "\n") { answers["\(command): \(line)"] = "yes" }
    }
    split("dpkg-divert", try ask("dpkg-divert", "--list"))
    split("dpkg-statoverride", try ask("dpkg-statoverride", "--list"))
    split("update-alternatives", try ask("update-alternatives", "--get-selections"))
    split("dpkg --audit", try ask("dpkg", "--audit"))
    split("dpkg --verify", try ask("dpkg", "--verify"))
    return answers
  }
}
