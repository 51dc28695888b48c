import CLinux
import Diagnosis
import Foundation
import Glibc
import TestSupport
import Threads

/// A program at a pseudo terminal, run as the site's user, and a person who types.
final class InteractiveRun {
  private let process = Process()
  private let outer: CInt
  private let inner: FileHandle
  private(set) var shown = ""

  init(_ command: [String], in site: BuildSite, rows: UInt16 = 24, columns: UInt16 = 80) throws {
    var ends: (outer: CInt, inner: CInt) = (-1, -1)
    try system("open", "a pseudo terminal") { clinux_open_terminal(&ends.outer, &ends.inner) }
    (outer, inner) = (ends.outer, FileHandle(fileDescriptor: ends.inner, closeOnDealloc: true))
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try system("set the size of", "a terminal") { ioctl(outer, UInt(TIOCSWINSZ), &size) }
    let command = ["/usr/bin/env"] + (try site.user.prefix) + command
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "\(site.directory)/home",
      "CAPSEM_CACHE_DIR": site.cache,
    ]
    process.currentDirectoryURL = URL(filePath: site.directory)
    process.standardInput = inner
    process.standardOutput = inner
    process.standardError = inner
    try process.run()
  }

  deinit { close(outer) }

  func type(_ text: String) { _ = text.withCString { write(outer, $0, strlen($0)) } }

  /// Waits up to a minute; false when it has not come.
  func waits(for text: String) -> Bool {
    let start = Stopwatch.milliseconds
    while !shown.contains(text) && process.isRunning && Stopwatch.milliseconds - start < 60_000 { read() }
    return shown.contains(text)
  }

  private func read() {
    var wish = pollfd(fd: outer, events: Int16(POLLIN), revents: 0)
    guard poll(&wish, 1, 100) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(outer, &buffer, buffer.count)
    if count > 0 { shown += String(decoding: buffer[..<count], as: UTF8.self) }
  }

  func finish() -> Int32 {
    while process.isRunning { read() }
    return process.terminationStatus
  }

  /// Whether lines are edited by the terminal again, and typed keys shown.
  var isCanonical: Bool {
    var settings = termios()
    return tcgetattr(outer, &settings) == 0
      && settings.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO)
  }
}
