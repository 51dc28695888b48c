import Foundation

/// A tool that failed, with what it said.
package struct ToolFailure: Error, CustomStringConvertible {
  package var description: String
  package init(description: String) { self.description = description }
}

/// Runs a program of the host and returns its stdout; stderr is told when it fails. `environment` is
/// added to `PATH` and `LC_ALL=C.UTF-8`.
@discardableResult
package func runTool(
  _ name: String, _ arguments: [String], input: [UInt8] = [], in directory: String? = nil,
  environment: [String: String] = [:]
) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: name.contains("/") ? name : "/usr/bin/env")
  process.arguments = name.contains("/") ? arguments : [name] + arguments
  let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  process.environment = ["PATH": path, "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
  if let directory { process.currentDirectoryURL = URL(filePath: directory) }

  // Files instead of pipes: nothing has to be read while it runs.
  let scratch = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: scratch) }
  func open(_ name: String, _ bytes: [UInt8] = []) throws -> FileHandle {
    let file = scratch.appending(path: name)
    try Data(bytes).write(to: file)
    return try FileHandle(forUpdating: file)
  }
  let (stdin, stdout, stderr) = (try open("in", input), try open("out"), try open("err"))
  process.standardInput = stdin
  process.standardOutput = stdout
  process.standardError = stderr
  try process.run()
  process.waitUntilExit()
  for handle in [stdin, stdout, stderr] { try handle.close() }

  let output = try Data(contentsOf: scratch.appending(path: "out"))
  guard process.terminationReason == .exit, process.terminationStatus == 0 else {
    let said = try Data(contentsOf: scratch.appending(path: "err"))
    throw ToolFailure(
      description: """
        \(name) \(arguments.joined(separator: " ")): status \(process.terminationStatus)
        \(String(decoding: output, as: UTF8.self))\(String(decoding: said, as: UTF8.self))
        """)
  }
  return String(decoding: output, as: UTF8.self)
}
