import Diagnosis
import Testing
import ToolServer

@Suite struct ToolServerTests {
  /// Two tools: one that answers with what it was told, and one that fails.
  private func server() -> ToolServer {
    ToolServer(
      name: "probe", version: "1.2",
      tools: [
        Tool(
          name: "repeat", description: "Says it again.",
          arguments: [
            Tool.Argument("words", "What to say."),
            Tool.Argument("voice", "How.", choices: ["loud", "low"], default: "low"),
            Tool.Argument("to", "Whom.", required: false),
          ],
          run: { "\($0[required: "words"]), \($0[required: "voice"]), \($0["to"] ?? "nobody")" }),
        Tool(
          name: "fail", description: "Fails.", arguments: [],
          run: { _ in throw Report("cannot do it", hints: ["do not"]) }),
      ],
      explain: { "explained: \(Report(of: $0).summary)" })
  }

  private func initialized() -> ToolServer {
    var server = server()
    _ = server.answer(to: #"{"jsonrpc": "2.0", "id": 0, "method": "initialize"}"#.utf8)
    return server
  }

  @Test func `initialize tells version, capabilities and name`() {
    var server = server()
    #expect(
      server.answer(to: #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#.utf8)
        == #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2024-11-05","#
        + #""capabilities":{"tools":{"listChanged":false}},"serverInfo":{"name":"probe","version":"1.2"}}}"#)
  }

  @Test func `the list of tools has a schema for each, in their order`() {
    var server = initialized()
    #expect(
      server.answer(to: #"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#.utf8)
        == #"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"repeat","description":"Says it again.","#
        + #""inputSchema":{"type":"object","properties":{"#
        + #""words":{"type":"string","description":"What to say."},"#
        + #""voice":{"type":"string","description":"How.","enum":["loud","low"],"default":"low"},"#
        + #""to":{"type":"string","description":"Whom."}},"required":["words"]}},"#
        + #"{"name":"fail","description":"Fails.","inputSchema":{"type":"object","properties":{},"required":[]}}"#
        + #"]}}"#)
  }

  @Test(arguments: [
    (#"{"name":"repeat","arguments":{"words":"a\nb"}}"#, #"a\nb, low, nobody"#, false),
    (#"{"name":"repeat","arguments":{"words":"a","voice":"loud","to":"me","x":1}}"#, "a, loud, me", false),
    (#"{"name":"repeat","arguments":{"words":"a","voice":null}}"#, "a, low, nobody", false),
    (#"{"name":"repeat"}"#, #"explained: cannot run repeat: missing argument \"words\""#, true),
    (
      #"{"name":"repeat","arguments":{"words":7}}"#,
      #"explained: cannot run repeat: expected text for \"words\", found a number"#, true
    ),
    (
      #"{"name":"repeat","arguments":{"words":"a","voice":"shrill"}}"#,
      #"explained: cannot run repeat: expected loud or low for \"voice\", found \"shrill\""#, true
    ),
    (#"{"name":"fail"}"#, "explained: cannot do it", true),
    (#"{"name":"sing"}"#, "unknown tool: sing", true),
  ])
  func `a call answers with text, also when it fails`(parameters: String, text: String, isError: Bool) {
    var server = initialized()
    #expect(
      server.answer(to: #"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":\#(parameters)}"#.utf8)
        == #"{"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":"\#(text)"}],"isError":\#(isError)}}"#
    )
  }

  @Test(arguments: [
    (#"{"method":"tools/call","id":1,"params":{}}"#, #"expected text for \"params.name\""#),
    (#"{"method":"tools/call","id":1,"params":[]}"#, #"expected text for \"params.name\""#),
    (
      #"{"method":"tools/call","id":1,"params":{"name":"repeat","arguments":["a"]}}"#,
      #"expected an object for \"params.arguments\""#
    ),
  ])
  func `a call that names no tool is an error of the protocol`(line: String, message: String) {
    var server = initialized()
    #expect(
      server.answer(to: line.utf8)
        == #"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"\#(message)"}}"#)
  }

  @Test(arguments: [
    (#"{"id":3,"method":"tools/list"}"#, "3", -32600, "not initialized yet"),
    (#"{"id":3,"method":"tools/call","params":{"name":"fail"}}"#, "3", -32600, "not initialized yet"),
    (#"{"id":3,"method":"resources/list"}"#, "3", -32601, "unknown method: resources/list"),
    (#"{"id":3}"#, "3", -32600, #"expected text for \"method\""#),
    (#"{"id":"x","method":7}"#, #""x""#, -32600, #"expected text for \"method\""#),
    (#"{"id":null,"method":"ping"}"#, "null", -32600, #"expected text or an integer for \"id\""#),
    (#"{"id":1.5,"method":"ping"}"#, "null", -32600, #"expected text or an integer for \"id\""#),
    (#"{"id":9007199254740993,"method":"ping"}"#, "null", -32600, #"expected text or an integer for \"id\""#),
    (#"{"id":{},"method":"ping"}"#, "null", -32600, #"expected text or an integer for \"id\""#),
    (#"[{"id":1,"method":"ping"}]"#, "null", -32600, "expected an object, found a list"),
    ("nonsense", "null", -32700, "the line is not JSON: column 1: expected a value, found \\\"n\\\""),
    (
      #"{"id":1,}"#, "null", -32700,
      #"the line is not JSON: column 9: expected a name in quotes, found \"}\""#
    ),
  ])
  func `what cannot be carried out is an error with its code`(
    line: String, id: String, code: Int, message: String
  ) {
    var server = server()
    #expect(
      server.answer(to: line.utf8)
        == #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"\#(message)"}}"#)
  }

  @Test(arguments: [
    "", "  \t\r", #"{"method":"notifications/initialized"}"#,
    #"{"id":4,"method":"notifications/initialized"}"#,
    #"{"method":"notifications/cancelled","params":{"requestId":1}}"#, #"{"method":"whatever"}"#,
    #"{"method":"tools/call","params":{"name":"fail"}}"#, "{}",
  ])
  func `notifications and blank lines get no answer`(line: String) {
    var server = initialized()
    #expect(server.answer(to: line.utf8) == nil)
  }

  @Test(arguments: [#""a\u0000b""#, "0", "-7", "9007199254740991", #""""#])
  func `an id comes back as it was`(id: String) {
    var server = server()
    #expect(
      server.answer(to: #"{"id":\#(id),"method":"ping"}"#.utf8)
        == #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
  }

  @Test func `a line that is too long is refused without being read`() {
    #expect(
      ToolServer.answerToLongLine(limit: 10)
        == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the line is longer than 10 bytes"}}"#
    )
  }
}
