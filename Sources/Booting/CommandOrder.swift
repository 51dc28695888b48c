/// What the agent is to run, with everything that the command finds in the guest.
package struct CommandOrder: Sendable, Equatable {
  /// The program first, looked for in the PATH of `environment` unless it has a slash.
  package var arguments: [String]
  /// Added to what capsem-init gives every program; of two with one name the later counts.
  package var environment: [Variable]
  /// Written before the command starts, with the directories above them.
  package var files: [File]
  /// Where the command starts; the root when it is not there.
  package var directory: String
  package var hostName: String?
  /// Seconds since 1970: a machine may have no clock of its own.
  package var time: Int64
  /// With it the command gets a terminal for all three streams, and without it three pipes.
  package var terminal: TerminalSize?

  package struct Variable: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct File: Sendable, Equatable {
    /// Absolute.
    package var path: String
    package var mode: UInt16
    package var content: [UInt8]

    package init(path: String, mode: UInt16, content: [UInt8]) {
      self.path = path
      self.mode = mode
      self.content = content
    }
  }

  package init(
    _ arguments: [String], environment: [Variable] = [], files: [File] = [], directory: String = "/root",
    hostName: String? = nil, time: Int64, terminal: TerminalSize? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.files = files
    self.directory = directory
    self.hostName = hostName
    self.time = time
    self.terminal = terminal
  }

  /// A login shell: bash with the greeting of the image where it has them, else what `sh` is there.
  package static let loginShell = [
    "/bin/sh", "-l", "-c",
    """
    [ -x /bin/bash ] || exec /bin/sh -i
    [ -r /etc/capsem-bashrc ] && exec /bin/bash --rcfile /etc/capsem-bashrc -i
    exec /bin/bash -i
    """,
  ]

  /// The same without a terminal: what comes in is a script.
  package static let scriptShell = ["/bin/sh", "-l"]

  /// Items that end with a zero byte, each with a letter that says what it is; the agent's source has the
  /// list. No text may hold a zero byte, which no argument of a program can either.
  var payload: [UInt8] {
    var bytes: [UInt8] = []
    func add(_ kind: Unicode.Scalar, _ text: String) {
      precondition(!text.utf8.contains(0), "a zero byte in \(text)")
      bytes.append(UInt8(ascii: kind))
      bytes += text.utf8
      bytes.append(0)
    }
    add("c", "\(time)")
    if let hostName { add("h", hostName) }
    for file in files {
      add("f", "\(String(file.mode, radix: 8)) \(file.content.count) \(file.path)")
      bytes += file.content
    }
    for variable in environment { add("e", "\(variable.name)=\(variable.value)") }
    add("d", directory)
    if let terminal { add("t", "\(terminal.rows) \(terminal.columns)") }
    for argument in arguments { add("a", argument) }
    return bytes
  }
}
