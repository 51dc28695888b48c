import Foundation
import Glibc
import Threads

/// The program at a terminal whose screen can be looked at: tmux, of which nobody else's server knows.
package final class TerminalSession {
  private let socket: String
  /// Where the program's process number is written, and in the end its status.
  private let process: String
  private let status: String

  /// Runs the program, and stays after it, so that the screen does: tmux does not always hear of an end.
  private static let stay = """
    import os, subprocess, sys, time
    def tell(path, number):
        with open(path + ".new", "w") as file: file.write(str(number))
        os.rename(path + ".new", path)
    child = subprocess.Popen(sys.argv[3:])
    tell(sys.argv[1], child.pid)
    tell(sys.argv[2], child.wait())
    time.sleep(900)
    """

  package init(
    _ arguments: [String], in site: BuildSite, columns: Int = 100, rows: Int = 30,
    environment: [String: String] = [:]
  ) throws {
    socket = "\(site.directory)/tmux"
    let settings = "\(site.directory)/tmux.conf"
    (process, status) = ("\(site.directory)/process", "\(site.directory)/status")
    try "set -g status off\n".write(toFile: settings, atomically: true, encoding: .utf8)
    for file in [process, status] { unlink(file) }
    let variables = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "\(site.directory)/home", "TERM": "xterm-256color",
      "CAPSEM_CACHE_DIR": site.cache, "LC_ALL": "C.UTF-8",
    ].merging(environment) { $1 }
    let command = ["env", "-i"] + variables.map { "\($0)=\($1)" }.sorted()
    // The server would keep open what it inherits, by which Foundation knows whether a process has ended, and
    // hear of no child's end with the signals blocked that Foundation blocks.
    let alone = """
      import os, signal, sys
      os.closerange(3, 1024)
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      os.execvp("tmux", ["tmux", *sys.argv[1:]])
      """
    try runTool(
      "python3",
      [
        "-c", alone, "-S", socket, "-f", settings, "-u", "new-session",
        "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", site.directory,
      ]
        + ["python3", "-c", TerminalSession.stay, process, status] + command + site.user.prefix
        + [site.program] + arguments)
  }

  deinit {
    if let server = (try? told("pid")).flatMap({ pid_t($0) }) { kill(server, SIGKILL) }
  }

  @discardableResult private func tmux(_ arguments: [String]) throws -> String {
    try runTool("tmux", ["-S", socket] + arguments)
  }

  package func resize(columns: Int, rows: Int) throws {
    try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
  }

  /// What is on the screen and what has scrolled off it, without empty lines at its end.
  package func lines() throws -> [String] {
    var lines = try tmux(["capture-pane", "-p", "-S", "-500"]).split(
      separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map(String.init)
  }

  /// Waits until the screen is so, for ten minutes at most, since a whole test run keeps a machine busy; the lines
  /// that it then has.
  package func waits(until fits: ([String]) -> Bool) throws -> [String] {
    let start = Stopwatch.milliseconds
    while true {
      let shown = try lines()
      if fits(shown) { return shown }
      if Stopwatch.milliseconds - start > 600_000 {
        throw ToolFailure(description: "it did not come to pass:\n\(shown.joined(separator: "\n"))")
      }
      Stopwatch.pause(milliseconds: 100)
    }
  }

  package func send(_ signal: CInt) throws {
    _ = try waits { _ in number(in: process) != nil }
    if let process = number(in: process) { kill(process, signal) }
  }

  /// Waits for the program's end; its exit status.
  package func finish() throws -> Int32? {
    _ = try waits { _ in number(in: status) != nil }
    return number(in: status)
  }

  private func number(in file: String) -> Int32? {
    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int32($0) }
  }

  /// Whether what is typed next begins a line.
  package func isAtLineStart() throws -> Bool { try told("cursor_x") == "0" }

  private func told(_ name: String) throws -> String {
    try tmux(["display-message", "-p", "#{\(name)}"]).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
