import Diagnosis
import Json

/// The Model Context Protocol's server side for tools alone: JSON-RPC 2.0, one message a line
/// (protocol version 2024-11-05). A value that is handed lines and answers with lines; who reads and
/// writes them is somebody else.
package struct ToolServer: Sendable {
  private let name: String
  private let version: String
  private let tools: [Tool]
  private let explain: @Sendable (any Error) -> String
  private var isInitialized = false

  package static let protocolVersion = "2024-11-05"

  /// `explain` puts a tool's error into words.
  package init(
    name: String, version: String, tools: [Tool], explain: @escaping @Sendable (any Error) -> String
  ) {
    self.name = name
    self.version = version
    self.tools = tools
    self.explain = explain
  }

  /// The answer to one line, as a line without its end; nil when there is none to give.
  package mutating func answer(to line: some Collection<UInt8>) -> String? {
    if line.allSatisfy({ $0 == 32 || (9...13).contains($0) }) { return nil }
    do throws(ProtocolError) {
      guard let message = try Message(line), let result = try result(of: message) else { return nil }
      return ToolServer.envelope(message.id, "result", result)
    } catch {
      return ToolServer.refusal(error)
    }
  }

  /// The answer to a line of more bytes than anybody reads.
  package static func answerToLongLine(limit: Int) -> String {
    refusal(ProtocolError(.parse, "the line is longer than \(limit) bytes"))
  }

  /// Nil for a notification. An unknown one is no error, and a tool is not run for nobody.
  private mutating func result(of message: Message) throws(ProtocolError) -> JSONText? {
    if message.method.hasPrefix("notifications/") { return nil }
    guard let id = message.id else { return nil }
    switch message.method {
    case "initialize":
      isInitialized = true
      return greeting
    case "ping": return .object([])
    case "tools/list", "tools/call":
      if !isInitialized { throw ProtocolError(.invalidRequest, "not initialized yet", id) }
      return message.method == "tools/list" ? list : try call(message.parameters, id)
    default: throw ProtocolError(.unknownMethod, "unknown method: \(message.method)", id)
    }
  }

  private var greeting: JSONText {
    .object([
      ("protocolVersion", .string(ToolServer.protocolVersion)),
      ("capabilities", .object([("tools", .object([("listChanged", .boolean(false))]))])),
      ("serverInfo", .object([("name", .string(name)), ("version", .string(version))])),
    ])
  }

  private var list: JSONText {
    .object([
      (
        "tools",
        .array(
          tools.map {
            .object([
              ("name", .string($0.name)), ("description", .string($0.description)),
              ("inputSchema", $0.schema),
            ])
          })
      )
    ])
  }

  private func call(_ parameters: JSONValue, _ id: RequestID) throws(ProtocolError) -> JSONText {
    guard let name = parameters["name"]?.string else {
      throw ProtocolError(.invalidParameters, "expected text for \"params.name\"", id)
    }
    let members: [String: JSONValue]
    switch parameters["arguments"] ?? .null {
    case .object(let given): members = given
    case .null: members = [:]
    default: throw ProtocolError(.invalidParameters, "expected an object for \"params.arguments\"", id)
    }
    guard let tool = tools.first(where: { $0.name == name }) else {
      return ToolServer.content("unknown tool: \(name)", isError: true)
    }
    do {
      return ToolServer.content(try tool.run(tool.arguments(from: members)), isError: false)
    } catch {
      return ToolServer.content(explain(error), isError: true)
    }
  }

  private static func content(_ text: String, isError: Bool) -> JSONText {
    .object([
      ("content", .array([.object([("type", .string("text")), ("text", .string(text))])])),
      ("isError", .boolean(isError)),
    ])
  }

  private static func refusal(_ error: ProtocolError) -> String {
    envelope(
      error.id, "error",
      .object([("code", .number(error.code.rawValue)), ("message", .string(error.message))]))
  }

  private static func envelope(_ id: RequestID?, _ kind: String, _ content: JSONText) -> String {
    JSONText.object([("jsonrpc", .string("2.0")), ("id", id?.json ?? .null), (kind, content)]).line
  }
}
