import ArgumentParser
import Diagnosis
import Glibc

/// stdout carries data, stderr carries talk.
enum Terminal {
  static func print(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

  static func say(_ text: String) { write(text, to: STDERR_FILENO) }

  struct Size {
    var columns: Int
    var rows: Int
  }

  /// As it is now; 80 by 24 for what is no terminal, or does not tell.
  static func size(of descriptor: CInt) -> Size {
    var window = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 1, window.ws_row > 1 else {
      return Size(columns: 80, rows: 24)
    }
    return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  /// A terminal whose cursor can be moved: no pipe, no log of a CI job, and no editor's window.
  static func canRedraw(_ descriptor: CInt) -> Bool {
    guard isatty(descriptor) == 1, let kind = getenv("TERM") else { return false }
    return !["", "dumb"].contains(String(cString: kind))
  }

  /// Data that is long: a failure to write it is an error. When the reader has gone away, as `head` does,
  /// the command ends without a word.
  static func put(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      do throws(SystemFailure) {
        done += try system("write", "to stdout") {
          Glibc.write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
        }
      } catch {
        if error.code == EPIPE { throw ExitCode.success }
        throw error
      }
    }
  }

  static func put(_ text: String) throws {
    var text = text
    try text.withUTF8 { try put(UnsafeRawBufferPointer($0)) }
  }

  static func write(_ text: String, to descriptor: CInt) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if count < 0 && errno != EINTR { return }
        done += max(0, count)
      }
    }
  }
}

extension Style {
  /// Colour on a terminal, unless `NO_COLOR` is set and not empty (no-color.org).
  static var standardError: Style { Style(on: STDERR_FILENO) }

  static var standardOutput: Style { Style(on: STDOUT_FILENO) }

  private init(on descriptor: CInt) {
    let isUnwanted = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    self.init(colour: isatty(descriptor) == 1 && !isUnwanted)
  }
}
