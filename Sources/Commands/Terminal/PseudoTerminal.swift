import CLinux
import Diagnosis
import Glibc
import Threads

/// A terminal whose inner side a sandboxed shell gets, so that the user's own terminal stays outside.
final class PseudoTerminal: Sendable {
  /// What the shell reads and writes.
  let inner: CInt
  private let outer: CInt

  init() throws {
    var ends: (outer: CInt, inner: CInt) = (-1, -1)
    try system("open", "a pseudo terminal") { clinux_open_terminal(&ends.outer, &ends.inner) }
    (outer, inner) = ends
    var size = winsize()
    if ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(outer, UInt(TIOCSWINSZ), &size) }
  }

  deinit {
    close(outer)
    close(inner)
  }

  /// Carries bytes between the user's streams and the terminal until `end` is called.
  func relay() -> Relay { Relay(outer: outer, inner: inner) }

  final class Relay: Sendable {
    private let thread: SystemThread
    private let stop = Cancellation()
    private let user: RawTerminal?

    fileprivate init(outer: CInt, inner: CInt) {
      user = RawTerminal(STDIN_FILENO)
      var settings = termios()
      // Nobody types: what a script feeds in shall not come out again as an echo.
      if user == nil, tcgetattr(inner, &settings) == 0 {
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(inner, TCSANOW, &settings)
      }
      let stop = stop
      thread = SystemThread { Relay.carry(outer, until: stop) }
    }

    func end() {
      stop.cancel()
      thread.join()
      user?.restore()
    }

    private static func carry(_ outer: CInt, until stop: Cancellation) {
      var polled = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: outer, events: Int16(POLLIN), revents: 0),
      ]
      var buffer = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let ready = poll(&polled, 2, 50)
        // What the shell printed last is still to be shown when it has ended.
        if ready == 0 && stop.isCancelled { return }
        if ready < 0 && errno != EINTR { return }
        if polled[0].revents != 0 {
          let count = read(STDIN_FILENO, &buffer, buffer.count)
          if count <= 0 {
            polled[0].fd = -1
            // End of file, as a terminal says it.
            var end: UInt8 = 4
            _ = write(outer, &end, 1)
          } else {
            _ = write(outer, &buffer, count)
          }
        }
        if polled[1].revents & Int16(POLLIN) != 0 {
          let count = read(outer, &buffer, buffer.count)
          if count > 0 { _ = write(STDOUT_FILENO, &buffer, count) }
        } else if polled[1].revents != 0 && stop.isCancelled {
          return
        }
      }
    }
  }
}
