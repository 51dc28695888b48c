import Foundation
import Glibc
import Threads

/// What a run of the program left.
package struct ProgramResult: Sendable {
  /// 128 + N when signal N ended it.
  package var status: Int32
  package var output: String
  package var errors: String
}

/// A program under way, whose streams can be read while it runs.
package final class ProgramRun: @unchecked Sendable {
  private let process = Process()
  private let output: URL
  private let errors: URL

  /// `directory` is where it runs and where its streams are kept.
  package init(
    _ command: [String], in directory: String, environment: [String: String], input: String? = nil
  ) throws {
    let stem = URL(filePath: "\(directory)/run-\(UUID().uuidString)")
    (output, errors) = (stem.appendingPathExtension("out"), stem.appendingPathExtension("err"))
    for file in [output, errors] { try Data().write(to: file) }
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = environment
    process.currentDirectoryURL = URL(filePath: directory)
    process.standardInput = FileHandle.nullDevice
    if let input {
      let file = stem.appendingPathExtension("in")
      try Data(input.utf8).write(to: file)
      process.standardInput = try FileHandle(forReadingFrom: file)
    }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  /// What it has said so far.
  package var said: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

  package func send(_ signal: CInt) { kill(process.processIdentifier, signal) }

  /// Waits until it has said something that fits; false when it ended before.
  package func waits(for fits: (String) -> Bool) -> Bool {
    while true {
      let runs = process.isRunning
      if fits(said) { return true }
      if !runs { return false }
      Stopwatch.pause(milliseconds: 2)
    }
  }

  package func finish() throws -> ProgramResult {
    process.waitUntilExit()
    let status = process.terminationStatus
    return ProgramResult(
      status: process.terminationReason == .exit ? status : 128 + status,
      output: try String(contentsOf: output, encoding: .utf8), errors: said)
  }
}
