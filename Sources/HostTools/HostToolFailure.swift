import Diagnosis

/// A program of the host that is not there, could not be run, or was not content.
package struct HostToolFailure: Diagnosable, Equatable {
  package var tool: HostTool
  package var cause: Cause

  package enum Cause: Sendable, Equatable {
    case missing
    case system(SystemFailure)
    /// Bytes.
    case tooMuch(Int)
    /// Milliseconds.
    case tooSlow(Int64)
    case cancelled
    case failed(HostTool.Status, messages: String)
  }

  package init(_ tool: HostTool, _ cause: Cause) {
    self.tool = tool
    self.cause = cause
  }

  package var summary: String {
    switch cause {
    case .missing: "cannot run \(tool.name): it is not installed on this host"
    case .system(let failure): "cannot run \(tool.name): \(failure.summary)"
    case .tooMuch(let limit): "cannot run \(tool.name): it wrote more than \(limit) bytes"
    case .tooSlow(let time): "cannot run \(tool.name): not done after \(time) ms"
    case .cancelled: "cannot run \(tool.name): cancelled"
    case .failed(.exited(let status), _): "cannot run \(tool.name): it exited with status \(status)"
    case .failed(.killed(let signal), _): "cannot run \(tool.name): killed by signal \(signal)"
    }
  }

  package var causes: [String] {
    guard case .failed(_, let messages) = cause else { return [] }
    return messages.split(separator: "\n").suffix(5).map(String.init)
  }

  package var hints: [String] {
    switch cause {
    case .missing: ["sudo apt-get install \(tool.package)"]
    case .system(let failure): failure.hints
    default: []
    }
  }
}
