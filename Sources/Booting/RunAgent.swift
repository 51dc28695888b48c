import CRunAgent

/// The agent that capsem-init starts for `run`: a C program of one file, compiled into the initrd.
package enum RunAgent {
  /// What the agent, capsem-init and this program say on the control port; capsem-init has the same number.
  package static let protocolVersion = 1

  /// Its name in the initrd's root.
  package static let name = "capsem-run-agent"

  /// C17 with GNU extensions, to be compiled with `compilerArguments`.
  package static var source: [UInt8] {
    let text = crunagent_source()
    return Array(UnsafeBufferPointer(start: text.bytes, count: text.size))
  }

  /// Nothing in the guest's root is taken for granted, so no shared library is.
  package static let compilerArguments = ["-std=gnu17", "-O2", "-static", "-Wall", "-Wextra", "-Werror"]
}
