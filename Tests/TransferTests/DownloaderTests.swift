import FileTree
import Glibc
import TestSupport
import Testing
import Threads
import Transfer

@Suite struct DownloaderTests {
  let scratch: ScratchDirectory
  let server = LoopbackServer()
  let downloader: Downloader
  let content = noise(300_000)

  init() throws {
    scratch = try ScratchDirectory()
    var settings = TransferSettings()
    settings.firstDelay = 10
    settings.longestDelay = 50
    settings.retries = 2
    settings.idleTimeout = 2
    downloader = Downloader(settings)
  }

  private func request(_ paths: String...) throws -> DownloadRequest {
    var candidates: [Location] = []
    for path in paths { candidates.append(try Location(path.hasPrefix("/") ? server.url(path) : path)) }
    return DownloadRequest(
      candidates, to: scratch.file("partial"), size: Int64(content.count), sha256: Digest(of: content))
  }

  private func expectContent() throws {
    #expect(try scratch.read("partial") == content)
  }

  private func failure(_ request: DownloadRequest) throws -> TransferFailure {
    try #require(throws: TransferFailure.self) { try downloader.download(request) }
  }

  @Test func `fetches a file and tells its digest, size and progress`() throws {
    server.on("/a", .serve(content))
    let progress = Monitor<[Int64]>([])
    let result = try downloader.download(try request("/a")) { bytes in progress.access { $0.append(bytes) } }
    #expect(result.sha256 == Digest(of: content))
    #expect(result.size == 300_000)
    #expect(progress.access { $0 }.last == 300_000)
    try expectContent()
  }

  @Test func `fetches an empty file`() throws {
    server.on("/empty", .serve([]))
    let path = scratch.file("empty")
    let empty = DownloadRequest(
      [try Location(server.url("/empty"))], to: path, size: 0, sha256: Digest(of: ""))
    #expect(try downloader.download(empty).size == 0)
    #expect(try contents(ofFile: path) == [])
  }

  @Test func `fetches from a local directory`() throws {
    try scratch.write(content, to: "mirror/a file")
    let place = try Location(scratch.file("mirror")).appending("a file")
    _ = try downloader.download(
      DownloadRequest([place], to: scratch.file("partial"), size: 300_000, sha256: Digest(of: content)))
    try expectContent()
    unlink(scratch.file("partial"))
    #expect(try failure(try request("file:///nonexistent/x")).cause == .notFound)
  }

  @Test(arguments: ["serve", "ignore", "wrong"])
  func `completes a partial file whatever the server makes of ranges`(manner: String) throws {
    switch manner {
    case "ignore": server.on("/a", .ignoreRanges(content))
    case "wrong": server.on("/a", .wrongRange(content), .serve(content))
    default: server.on("/a", .serve(content))
    }
    try scratch.write(Array(content[..<100_000]), to: "partial")
    _ = try downloader.download(try request("/a"))
    try expectContent()
    #expect(server.requests.first?.headers["range"] == "bytes=100000-")
  }

  @Test func `asks for nothing when the partial file is complete`() throws {
    try scratch.write(content, to: "partial")
    _ = try downloader.download(try request("/a"))
    #expect(server.requests == [])
  }

  @Test(arguments: [100_000, 300_000, 400_000])
  func `starts over when the partial file holds other bytes`(size: Int) throws {
    server.on("/a", .serve(content))
    try scratch.write(noise(size, seed: 9), to: "partial")
    _ = try downloader.download(try request("/a"))
    try expectContent()
  }

  @Test func `starts over when the server knows no such range`() throws {
    server.on("/a", .status(416), .serve(content))
    try scratch.write(Array(content[..<10]), to: "partial")
    _ = try downloader.download(try request("/a"))
    try expectContent()
  }

  @Test func `takes up a broken transfer where it broke`() throws {
    server.on("/a", .breakOff(content, after: 70_000), .breakOff(content, after: 200_000), .serve(content))
    _ = try downloader.download(try request("/a"))
    try expectContent()
    #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=70000-", "bytes=200000-"])
  }

  @Test func `takes up a transfer that ended early without a word`() throws {
    server.on("/a", .endEarly(content, after: 70_000), .serve(content))
    _ = try downloader.download(try request("/a"))
    try expectContent()
  }

  @Test func `gives up a silent connection and takes it up anew`() throws {
    server.on("/a", .stall(content, after: 70_000), .serve(content))
    _ = try downloader.download(try request("/a"))
    try expectContent()
  }

  @Test func `gives up a server that trickles, takes up what came, and says what was wrong`() throws {
    server.on("/a", .trickle(content, after: 70_000), .serve(content))
    _ = try downloader.download(try request("/a"))
    try expectContent()
    #expect(server.requests.last?.headers["range"]?.hasPrefix("bytes=700") == true)

    unlink(scratch.file("partial"))
    server.on("/b", .trickle(content, after: 0))
    server.on("/c", .serve(content))
    _ = try downloader.download(try request("/b", "/c"))
    try expectContent()
    #expect(server.requests.suffix(2).map(\.path) == ["/b", "/c"])

    unlink(scratch.file("partial"))
    let failure = try failure(try request("/b"))
    #expect(
      failure.summary
        == "cannot fetch \(server.url("/b")): less than 1024 bytes a second came for 2 s")
    server.on("/d", .stall(content, after: 10))
    #expect(try self.failure(try request("/d")).cause == .interrupted("nothing came for 2 s"))
  }

  @Test(arguments: [500, 503, 429])
  func `asks again when the server is busy`(status: Int) throws {
    server.on("/a", .status(status, headers: ["Retry-After": "0"], body: "busy"), .serve(content))
    _ = try downloader.download(try request("/a"))
    try expectContent()
  }

  /// A date has whole seconds: of two, at least one is left.
  @Test(arguments: [("1", 900), ("date", 900), ("86400", 0), ("soon", 0)] as [(String, Int64)])
  func `waits as long as a server asks for, within bounds`(words: String, atLeast: Int64) throws {
    var settings = TransferSettings()
    settings.firstDelay = 10
    settings.longestDelay = atLeast == 0 ? 50 : 5000
    let busy = words == "date" ? FixtureArchive.httpDate(secondsFromNow: 2) : words
    server.on("/a", .status(429, headers: ["Retry-After": busy]), .serve(content))
    let start = Stopwatch.milliseconds
    _ = try Downloader(settings).download(try request("/a"))
    let waited = Stopwatch.milliseconds - start
    #expect(waited >= atLeast && waited < 5000, "\(waited) ms")
    try expectContent()
  }

  @Test func `a busy server holds up nothing that another one has`() throws {
    var settings = TransferSettings()
    settings.firstDelay = 10
    server.on("/busy", .status(429, headers: ["Retry-After": "60"]))
    server.on("/idle", .serve(content))
    let start = Stopwatch.milliseconds
    _ = try Downloader(settings).download(try request("/busy", "/idle"))
    #expect(Stopwatch.milliseconds - start < 5000)
    #expect(server.requests.map(\.path) == ["/busy", "/idle"])
  }

  @Test func `stops asking after the last retry`() throws {
    server.on("/a", .status(500))
    #expect(try failure(try request("/a")).cause == .refused(status: 500))
    #expect(server.requests.count == 3)
  }

  @Test func `does not ask again for what is not there`() throws {
    let failure = try failure(try request("/a"))
    #expect(failure.cause == .notFound)
    #expect(failure.summary == "cannot fetch \(server.url("/a")): not found (404)")
    #expect(server.requests.count == 1)
    #expect(try scratch.read("partial") == nil)
  }

  @Test func `takes the next place when one serves altered bytes`() throws {
    var altered = content
    altered[150_000] ^= 1
    server.on("/bad", .serve(altered))
    server.on("/good", .serve(content))
    _ = try downloader.download(try request("/bad", "/missing", "/good"))
    try expectContent()
  }

  @Test func `names what was expected and what came, and keeps nothing of it`() throws {
    var altered = content
    altered[0] ^= 1
    server.on("/bad", .serve(altered))
    let failure = try failure(try request("/bad", "/missing"))
    #expect(failure.cause == .altered(expected: Digest(of: content), found: Digest(of: altered)))
    #expect(failure.summary.contains(server.url("/bad")))
    #expect(failure.others == ["\(server.url("/missing")): not found (404)"])
    #expect(try scratch.read("partial") == nil)
  }

  @Test(arguments: [true, false])
  func `stops at the first byte too many`(isAnnounced: Bool) throws {
    let longer = content + [0]
    server.on("/a", isAnnounced ? .serve(longer) : .endEarly(longer, after: longer.count))
    #expect(try failure(try request("/a")).cause == .tooLarge(limit: 300_000))
    #expect((try scratch.read("partial") ?? []).count == 0)
  }

  @Test func `calls a shorter file truncated`() throws {
    server.on("/a", .serve(Array(content[..<1000])))
    #expect(try failure(try request("/a")).cause == .truncated(expected: 300_000, found: 1000))
  }

  @Test func `calls a host that does not answer unreachable, with a remedy`() throws {
    let failure = try failure(try request("http://127.0.0.1:1/a"))
    #expect(failure.summary == "cannot fetch http://127.0.0.1:1/a: 127.0.0.1 port 1: Connection refused")
    #expect(failure.hints.contains { $0.contains("--mirror") })
  }

  @Test func `follows redirects, but not for ever`() throws {
    server.on("/start", .redirect("/middle"))
    server.on("/middle", .redirect(server.url("/end")))
    server.on("/end", .serve(content))
    #expect(try downloader.download(try request("/start")).location.url == server.url("/end"))
    server.on("/loop", .redirect("/loop"))
    unlink(scratch.file("partial"))
    #expect(try failure(try request("/loop")).cause == .redirected("more than 8 times"))
  }

  @Test func `sends credentials to the server they were meant for, and shows them nowhere`() throws {
    let other = LoopbackServer()
    server.on("/a", .redirect("/b"))
    server.on("/b", .redirect(other.url("/c")))
    let failure = try failure(try request(server.url("/a", user: "me:secret@")))
    #expect(
      server.requests.map { $0.headers["authorization"] } == ["Basic bWU6c2VjcmV0", "Basic bWU6c2VjcmV0"])
    #expect(other.requests.map { $0.headers["authorization"] } == [nil])
    #expect(!"\(failure)".contains("secret"))
  }

  @Test func `says what is wrong with the place it writes to`() throws {
    server.on("/a", .serve(content))
    var request = try request("/a")
    request.partial = scratch.file("absent/partial")
    #expect(try failure(request).cause.text == "cannot create \(request.partial): No such file or directory")
    request.partial = scratch.file("pipe")
    mkfifo(request.partial, 0o600)
    #expect(try failure(request).cause.text == "cannot write \(request.partial): Invalid argument")
    #expect(access(request.partial, F_OK) == 0)
    #expect(server.requests == [])
  }

  @Test func `stops when it is cancelled`() throws {
    server.on("/a", .stall(content, after: 10))
    let cancellation = Cancellation()
    let thread = SystemThread {
      Stopwatch.pause(milliseconds: 100)
      cancellation.cancel()
    }
    let request = try request("/a")
    let failure = try #require(throws: TransferFailure.self) {
      try downloader.download(request, cancellation: cancellation)
    }
    thread.join()
    #expect(failure.cause == .cancelled)
  }

  @Test func `fetches many at once, within bounds`() throws {
    let count = Monitor(0)
    for index in 0..<40 {
      server.on("/\(index)", .late(content, milliseconds: 20))
      let request = DownloadRequest(
        [try Location(server.url("/\(index)"))], to: scratch.file("\(index)"), size: 300_000,
        sha256: Digest(of: content))
      downloader.begin(request) { result in
        if case .success = result { count.access { $0 += 1 } } else { count.access { $0 += 1000 } }
      }
    }
    #expect(count.wait { $0 >= 40 ? $0 : nil } == 40)
    #expect(server.mostAtOnce > 2)
    // A closed connection may linger at the server while the next one opens.
    #expect(server.mostAtOnce <= 16)
  }

  @Test func `reads a small document, and refuses a large one`() throws {
    server.on("/list", .serve(Array("[1]".utf8)))
    let place = try Location(server.url("/list"))
    let document = try downloader.fetchText([place], accept: "application/json", limit: 3)
    #expect(document.bytes == Array("[1]".utf8))
    #expect(server.requests.first?.headers["accept"] == "application/json")
    let failure = try #require(throws: TransferFailure.self) {
      try downloader.fetchText([place], limit: 2)
    }
    #expect(failure.cause == .tooLarge(limit: 2))
  }

  @Test func `ends with its owner, and keeps what came`() throws {
    server.on("/a", .stall(content, after: 70_000))
    let outcome = Monitor<TransferFailure.Cause?>(nil)
    let received = Monitor<Int64>(0)
    do {
      let brief = Downloader()
      brief.begin(
        try request("/a"), progress: { bytes in received.access { $0 = bytes } },
        done: { result in
          if case .failure(let failure) = result { outcome.access { $0 = failure.cause } }
        })
      received.wait { $0 == 70_000 ? () : nil }
    }
    #expect(outcome.access { $0 } == .cancelled)
    #expect(try scratch.read("partial")?.count == 70_000)
  }
}
