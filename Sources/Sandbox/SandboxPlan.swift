/// One command to run in a tree: a value that can be printed before anything happens.
package struct SandboxPlan: Sendable, Equatable {
  /// The tree's directory in the workspace.
  package var tree: String
  /// Changes go to an overlay that is thrown away, and the tree stays as it is.
  package var throwAway: Bool
  /// Programs of the image that do nothing while the command runs, by absolute path.
  package var silenced: [String]
  /// A file of the host that the command sees, unwritable, as `/dev/.lent`.
  package var lent: String?
  /// What else it sees that is not in the tree.
  package var loans: [Loan]
  /// The program by absolute path, then its arguments.
  package var command: [String]
  /// All of the environment: nothing is inherited.
  package var environment: [(name: String, value: String)]
  package var directory: String

  /// A file or directory that stands at a place of the tree while the command runs.
  package struct Loan: Sendable, Equatable {
    /// Relative to the workspace.
    package var source: String
    /// Absolute in the tree: a file that is there, or a name that is free below `/dev`.
    package var target: String
    package var isWritable: Bool

    package init(_ source: String, as target: String, isWritable: Bool = false) {
      self.source = source
      self.target = target
      self.isWritable = isWritable
    }
  }

  package init(
    tree: String, command: [String], environment: [(name: String, value: String)],
    throwAway: Bool = false, silenced: [String] = [], lent: String? = nil, loans: [Loan] = [],
    directory: String = "/"
  ) {
    self.tree = tree
    self.command = command
    self.environment = environment
    self.throwAway = throwAway
    self.silenced = silenced
    self.lent = lent
    self.loans = loans
    self.directory = directory
  }

  package static func == (a: SandboxPlan, b: SandboxPlan) -> Bool { a.description == b.description }
}

extension SandboxPlan: CustomStringConvertible {
  package var description: String {
    var lines = ["run \(command.joined(separator: " "))"]
    lines.append("  in \(tree)\(throwAway ? ", on an overlay that is thrown away" : ""), from \(directory)")
    lines.append("  namespaces: user mount pid ipc uts network (loopback only)")
    for path in silenced { lines.append("  silenced: \(path)") }
    if let lent { lines.append("  lent: \(lent)") }
    for loan in loans {
      lines.append("  lent\(loan.isWritable ? " to write" : ""): \(loan.source) as \(loan.target)")
    }
    for (name, value) in environment { lines.append("  \(name)=\(value)") }
    return lines.joined(separator: "\n")
  }
}

/// How a command ended.
package enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)

  /// From a wait status, as wait(2) defines it.
  package init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  package var isSuccess: Bool { self == .exited(0) }

  package var description: String {
    switch self {
    case .exited(let code): "exited with status \(code)"
    case .signalled(let number): "was killed by signal \(number)"
    }
  }
}
