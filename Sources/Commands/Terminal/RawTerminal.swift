import Glibc

/// The user's terminal, handing every key on as it comes. `restore` gives it back as it was.
struct RawTerminal: Sendable {
  private let descriptor: CInt
  private let saved: termios

  /// Nil for what is no terminal.
  init?(_ descriptor: CInt) {
    var settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else { return nil }
    self.descriptor = descriptor
    saved = settings
    cfmakeraw(&settings)
    tcsetattr(descriptor, TCSANOW, &settings)
  }

  func restore() {
    var settings = saved
    tcsetattr(descriptor, TCSADRAIN, &settings)
  }
}
