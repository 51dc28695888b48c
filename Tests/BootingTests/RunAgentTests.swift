import Booting
import Foundation
import TestSupport
import Testing

@Suite struct RunAgentTests {
  /// The agent as a build root makes it, by the host's compiler.
  static func compile(into directory: String) throws -> String {
    try Data(RunAgent.source).write(to: URL(filePath: "\(directory)/run-agent.c"))
    let program = "\(directory)/\(RunAgent.name)"
    try runTool("gcc", RunAgent.compilerArguments + ["-o", program, "\(directory)/run-agent.c"])
    return program
  }

  @Test func `its source compiles without a warning into a program that needs no library`() throws {
    let scratch = try ScratchDirectory()
    let program = try RunAgentTests.compile(into: scratch.path)
    #expect(try runTool("readelf", ["--program-headers", program]).contains("LOAD"))
    #expect(try !runTool("readelf", ["--program-headers", program]).contains("INTERP"))
  }

  @Test func `capsem-init speaks the same version`() throws {
    let script = try String(
      contentsOfFile: "\(BuildSite.repository)/guest/artifacts/capsem-init", encoding: .utf8)
    #expect(script.contains("\nprotocol=\(RunAgent.protocolVersion) "))
    #expect(script.contains("/\(RunAgent.name) "))
  }
}
