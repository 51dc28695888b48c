import Foundation
import Json
import TestSupport
import Testing

/// A client's dialogue with the program, over pipes.
@Suite struct McpTests {
  private let greeting = #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#

  /// The answers, one by one, each read before the next line is written.
  private func dialogue(_ lines: [String]) throws -> [String] {
    let site = try BuildSite()
    let process = Process()
    process.executableURL = URL(filePath: site.program)
    process.arguments = ["mcp"]
    process.currentDirectoryURL = URL(filePath: site.directory)
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var answers: [String] = []
    for line in lines {
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
      var answer: [UInt8] = []
      while answer.last != UInt8(ascii: "\n") {
        guard let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else { break }
        answer += byte
      }
      answers.append(String(decoding: answer, as: UTF8.self))
    }
    try input.fileHandleForWriting.close()
    #expect(try output.fileHandleForReading.readToEnd() ?? Data() == Data())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return answers
  }

  @Test func `a client greets, lists the tools and calls one`() throws {
    let report =
      #"{\"Results\": [{\"Vulnerabilities\": [{\"VulnerabilityID\": \"A\", \"PkgName\": \"b\"}]}]}"#
    let answers = try dialogue([
      greeting, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
      #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"audit_parse","arguments":"#
        + #"{"scanner":"trivy","output":"\#(report)"}}}"#,
      #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"audit_parse","arguments":"#
        + #"{"scanner":"grype","output":"\#(report)"}}}"#,
    ])
    let greeted = try JSONValue(parsing: answers[0])
    #expect(greeted["result"]?["serverInfo"]?["name"]?.string == "capsem-native")
    let tools = try JSONValue(parsing: answers[1])["result"]?["tools"]?.array ?? []
    #expect(tools.map { $0["name"]?.string } == ["validate", "build_dry_run", "inspect", "audit_parse"])
    #expect(
      answers[2]
        == #"{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"#
        + #""Scanner: trivy\nVulnerabilities: 1\n  UNKNOWN: 1\n\nUNKNOWN  A  b\n"}],"isError":false}}"# + "\n"
    )
    #expect(
      answers[3].contains(
        #""text":"error: cannot audit the output: expected a report of grype, found one of trivy\nhint: "#))
    #expect(answers[3].hasSuffix(#""isError":true}}"# + "\n"))
  }

  @Test func `blank lines and notifications are passed over, and a last line needs no end`() throws {
    let result = try BuildSite().run(
      ["mcp"],
      input: "\n\r\n\(greeting)\r\n" + #"{"method":"notifications/initialized"}"# + "\n\n"
        + #"{"id":1,"method":"ping"}"#)
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.last == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
  }

  @Test func `a line that is too long is refused, and the next one is served`() throws {
    let result = try BuildSite().run(
      ["mcp"], input: String(repeating: "x", count: 65 << 20) + "\n" + #"{"id":1,"method":"ping"}"# + "\n")
    #expect(result.status == 0)
    #expect(
      result.output == """
        {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the line is longer than 67108864 bytes"}}
        {"jsonrpc":"2.0","id":1,"result":{}}

        """)
  }

  @Test func `no input is no talk`() throws {
    let result = try BuildSite().run(["mcp"], input: "")
    #expect(result.status == 0)
    #expect(result.output == "")
  }
}
