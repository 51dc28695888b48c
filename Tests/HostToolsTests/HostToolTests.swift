import FileTree
import Glibc
import HostTools
import TestSupport
import Testing
import Threads

@Suite struct HostToolTests {
  let shell = HostTool("sh", package: "dash")

  @Test func `gives a program its arguments and variables, and no others`() throws {
    let result = try shell.run(["-c", "echo \"$0 $1\"; env", "a", "b c"], environment: ["NAME": "value"])
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(result.status == .exited(0))
    #expect(lines.first == "a b c")
    // The shell sets PWD itself.
    #expect(Set(lines.dropFirst()) == ["NAME=value", "PWD=/"])
  }

  @Test func `opens no descriptor to a program but its own`() throws {
    let file = try Descriptor(opening: "/dev/null", O_RDONLY)
    _ = fcntl(file.raw, F_SETFD, 0)
    let listing = try shell.run(["-c", "echo /proc/self/fd/*"], reporting: true)
    // One more is the directory that the shell itself reads.
    let names = String(decoding: listing.output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    #expect(names.map { $0.split(separator: "/").last! }.prefix(4) == ["0", "1", "2", "3"])
    #expect(names.count == 5)
    _ = consume file
  }

  @Test func `keeps the streams apart`() throws {
    let result = try shell.run(
      ["-c", "cat; echo two >&2; echo three >&3; exit 7"], input: .bytes(Array("one".utf8)), reporting: true)
    #expect(result.status == .exited(7))
    #expect(result.output == Array("one".utf8))
    #expect(result.messages == "two\n")
    #expect(result.report == Array("three\n".utf8))
  }

  @Test func `takes more output and input than a pipe holds`() throws {
    let bytes = noise(1_000_000)
    let result = try HostTool("tee", package: "coreutils").run(["/dev/stderr"], input: .bytes(bytes))
    #expect(result.output == bytes)
  }

  @Test func `names the package of a program that is missing`() throws {
    let tool = HostTool("no-such-program", package: "such-package")
    let failure = try #require(throws: HostToolFailure.self) { try tool.run([]) }
    #expect(failure.summary == "cannot run no-such-program: it is not installed on this host")
    #expect(failure.hints == ["sudo apt-get install such-package"])
  }

  @Test func `kills what writes too much, takes too long or is cancelled`() throws {
    func cause(_ script: String, _ limits: HostTool.Limits, _ cancellation: Cancellation? = nil) throws
      -> HostToolFailure.Cause
    {
      try #require(throws: HostToolFailure.self) {
        try shell.run(["-c", script], limits: limits, cancellation: cancellation)
      }.cause
    }
    #expect(try cause("yes", HostTool.Limits(output: 1000)) == .tooMuch(1000))
    #expect(try cause("sleep 60", HostTool.Limits(time: 50)) == .tooSlow(50))
    #expect(try cause("exec >&- 2>&-; sleep 60", HostTool.Limits(time: 50)) == .tooSlow(50))
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(try cause("sleep 60", HostTool.Limits(), cancellation) == .cancelled)
  }

  @Test func `does not wait for what a program left running`() throws {
    let start = Stopwatch.milliseconds
    let result = try shell.run(["-c", "sleep 60 & echo done"])
    #expect(result.output == Array("done\n".utf8))
    #expect(Stopwatch.milliseconds - start < 30_000)
  }

  @Test func `tells a signal from a status`() throws {
    #expect(try shell.run(["-c", "kill -9 $$"]).status == .killed(signal: 9))
  }

  @Test func `hashes with BLAKE3 whatever the offset`() throws {
    let scratch = try ScratchDirectory()
    let path = try scratch.write(Array("abc".utf8), to: "abc")
    let expected = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    #expect(try Blake3.hex(ofFile: path) == expected)
    let file = try Descriptor(opening: path, O_RDONLY)
    lseek(file.raw, 2, SEEK_SET)
    #expect(try Blake3.hex(of: file.raw) == expected)
    #expect(throws: HostToolFailure.self) { try Blake3.hex(ofFile: scratch.file("absent")) }
  }
}
