import Testing

@testable import Booting

@Suite struct ControlMessageTests {
  @Test func `reads what capsem-init and the agent say`() {
    let lines: [(String, GuestMessage)] = [
      ("hello 1", .hello(version: 1)),
      ("stage erofs-dax 12", .stage(name: "erofs-dax", duration: 12)),
      ("fatal root /dev/vda did not appear", .fatal(stage: "root", text: "/dev/vda did not appear")),
      ("ready", .ready), ("started", .started), ("execfail 2", .executionFailed(2)),
      ("exit 7 0 12 34", .exit(.exited(7), output: 12, errors: 34)),
      ("exit 0 9 0 18446744073709551615", .exit(.killed(signal: 9), output: 0, errors: .max)),
    ]
    for (line, message) in lines { #expect(GuestMessage(line) == message, "\(line)") }
  }

  @Test(arguments: [
    "", "hello", "hello one", "hello 1 2", "stage x", "stage x y", "readyy", "exit", "exit 1 0 2",
    "exit 256 0 0 0",
    "exit 0 128 0 0", "exit -1 0 0 0", "exit 1 0 2 3 4", "execfail", "execfail x", "bye",
  ])
  func `takes no other line for a message`(line: String) { #expect(GuestMessage(line) == nil) }

  @Test func `says how a command ended as a shell does`() {
    #expect(CommandStatus.exited(255).number == 255)
    #expect(CommandStatus.killed(signal: 15).number == 143)
  }

  @Test func `an order is items that end with a zero byte, and files with their bytes`() {
    var order = CommandOrder(
      ["sh", "-c", ""], environment: [CommandOrder.Variable("A", "b=c")],
      files: [CommandOrder.File(path: "/root/x y", mode: 0o600, content: [0, 10, 0])], directory: "/srv",
      hostName: "box", time: 1_700_000_000)
    order.terminal = TerminalSize(rows: 24, columns: 80)
    let payload =
      Array("c1700000000\0hbox\0f600 3 /root/x y\0".utf8) + [0, 10, 0]
      + Array("eA=b=c\0d/srv\0t24 80\0ash\0a-c\0a\0".utf8)
    #expect(HostMessage.run(order).bytes == Array("run \(payload.count)\n".utf8) + payload)
  }

  @Test func `says the rest in a line each`() {
    let messages: [HostMessage] = [
      .endOfInput(52_428_800), .signal(15), .size(TerminalSize(rows: 40, columns: 120)), .acknowledged,
    ]
    #expect(
      String(decoding: messages.flatMap(\.bytes), as: UTF8.self)
        == "eof 52428800\nsignal 15\nsize 40 120\nack\n")
  }

  @Test func `lines come whole, however they are cut`() {
    var splitter = LineSplitter()
    #expect(splitter.lines(adding: Array("hel".utf8)) == [])
    #expect(splitter.lines(adding: Array("lo 1\nready\nsta".utf8)) == ["hello 1", "ready"])
    #expect(splitter.lines(adding: Array("rted\n\n".utf8)) == ["started", ""])
    // A guest that ends no line takes no memory of ours.
    for _ in 0..<10 { #expect(splitter.lines(adding: Array(repeating: 65, count: 4096)) == []) }
    #expect(splitter.lines(adding: [10]).first?.utf8.count == 4096)
  }
}
