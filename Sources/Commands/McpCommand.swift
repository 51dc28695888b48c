import ArgumentParser
import Diagnosis
import Glibc
import ToolServer

struct McpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp", abstract: "Offer this program's own tools over the Model Context Protocol.",
    discussion: """
      JSON-RPC 2.0 on stdin and stdout, one message a line, protocol version \(ToolServer.protocolVersion). \
      It ends with its input.
      """)

  /// Of a line: a scanner's report comes as one argument.
  private static let longestLine = 64 << 20

  func run() throws {
    var server = ToolServer(
      name: "capsem-native", version: Version.current, tools: Tool.all,
      explain: { error in
        Rendering.report(Report(of: error), severity: "error", style: Style(colour: false))
      })
    var input = InputLines(descriptor: STDIN_FILENO, limit: McpCommand.longestLine)
    while let line = try input.next() {
      switch line {
      case .bytes(let bytes): if let answer = server.answer(to: bytes) { Terminal.print(answer) }
      case .tooLong: Terminal.print(ToolServer.answerToLongLine(limit: McpCommand.longestLine))
      }
    }
  }
}
