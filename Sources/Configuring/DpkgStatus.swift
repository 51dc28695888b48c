/// What dpkg tells on its `--status-fd` (dpkg(1)), line by line.
enum DpkgReport: Equatable {
  /// "processing: configure: bash"
  case processing(action: String, package: String)
  /// "status: bash : error : installed bash package post-installation script …"
  case failed(package: String, words: String)

  init?(_ line: Substring) {
    // A colon alone may belong to a name: "libc6:amd64".
    let parts = line.split(separator: ": ", omittingEmptySubsequences: false).map {
      $0.split(separator: " ").joined(separator: " ")
    }
    if parts.count == 3, parts[0] == "processing" {
      self = .processing(action: parts[1], package: parts[2])
    } else if parts.count >= 4, parts[0] == "status", parts[2] == "error" {
      self = .failed(package: parts[1], words: parts[3...].joined(separator: ": "))
    } else {
      return nil
    }
  }
}

/// The lines that explain a failure: of the package that failed first, though dpkg goes on to others.
struct ScriptOutput {
  private var last: [String] = []
  private var failed: [String]?

  private static let limit = 8

  /// Its last lines; those that were printed last of all when dpkg named no package.
  var ofFailure: [String] { failed ?? last }

  mutating func take(_ line: Substring) {
    if line.hasPrefix("dpkg: error processing package ") && failed == nil { failed = last }
    if line.hasPrefix("Setting up ") { last = [] }
    last.append(String(line))
    if last.count > ScriptOutput.limit { last.removeFirst() }
  }
}

/// States in dpkg's status file.
enum DpkgStates {
  /// Package and state ("install ok installed") of every stanza that is not fully installed.
  static func unfinished(in status: String) -> [(package: String, state: String)] {
    var result: [(String, String)] = []
    var name = ""
    for line in status.split(separator: "\n") {
      if line.hasPrefix("Package: ") { name = String(line.dropFirst("Package: ".count)) }
      if line.hasPrefix("Status: "), !line.hasSuffix(" ok installed") {
        result.append((name, String(line.dropFirst("Status: ".count))))
      }
    }
    return result
  }
}
