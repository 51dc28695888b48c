import Diagnosis
import Fetching
import FileTree
import Store
import TestSupport
import Testing
import Threads
import Transfer

@Suite struct PackagePoolTests {
  let scratch: ScratchDirectory
  let server = LoopbackServer()
  let store: Store
  let downloader: Downloader
  let content = (1...6).map { noise($0 * 1000, seed: UInt64($0)) }

  init() throws {
    scratch = try ScratchDirectory()
    store = try Store(directory: scratch.file("cache"))
    var settings = TransferSettings()
    settings.firstDelay = 10
    settings.retries = 1
    downloader = Downloader(settings)
  }

  private func items(_ indexes: Range<Int> = 0..<6) throws -> [PoolItem] {
    let base = try Location(server.url("/"))
    return indexes.map { index in
      PoolItem(
        name: "p\(index) 1 (amd64)", sha256: Digest(of: content[index]), size: Int64(content[index].count),
        candidates: [base.appending("pool/p\(index).deb")])
    }
  }

  private func serveAll() {
    for index in content.indices { server.on("/pool/p\(index).deb", .late(content[index], milliseconds: 50)) }
  }

  private func bytes(_ pool: PackagePool, _ index: Int) throws -> [UInt8] {
    let object = try pool.wait(for: Digest(of: content[index]))
    return try readAll(object.raw, named: "p\(index)")
  }

  private func failure(_ pool: PackagePool, _ index: Int) throws -> PoolFailure {
    try #require(throws: PoolFailure.self) { _ = try bytes(pool, index) }
  }

  @Test func `fetches everything and tells how far it is`() throws {
    serveAll()
    let events = Monitor<[BuildEvent]>([])
    let pool = try PackagePool(try items(), store: store, downloader: downloader) { event in
      events.access { $0.append(event) }
    }
    #expect(pool.missingBytes == 21_000)
    pool.start()
    for index in content.indices { #expect(try bytes(pool, index) == content[index]) }
    #expect(events.access { $0 }.last == .advanced(.fetch, done: 21_000, total: 21_000, unit: .bytes))
    pool.cancel()
    #expect(try files(below: scratch.file("cache")).count == 6)
  }

  @Test func `asks nobody for what the store has`() throws {
    for bytes in content { try store.insert(bytes) }
    let pool = try PackagePool(try items(), store: store, downloader: downloader)
    pool.start()
    #expect(try bytes(pool, 3) == content[3])
    let offline = try PackagePool(try items(), store: store, downloader: nil)
    #expect(try bytes(offline, 2) == content[2])
    #expect(server.requests == [])
  }

  @Test func `names what is missing offline`() throws {
    try store.insert(content[0])
    let failure = try #require(throws: PoolFailure.self) {
      _ = try PackagePool(try items(0..<3), store: store, downloader: nil)
    }
    #expect(failure.summary == "cannot build offline: 2 files are not in the cache")
    #expect(failure.causes == ["p1 1 (amd64)", "p2 1 (amd64)"])
  }

  @Test func `gives each its own error, and the rest their files`() throws {
    serveAll()
    server.on("/pool/p1.deb", .status(404))
    server.on("/pool/p2.deb", .serve(noise(3000, seed: 99)))
    server.on("/pool/p3.deb", .status(500))
    server.on("/pool/p4.deb", .breakOff(content[4], after: 100))
    let pool = try PackagePool(try items(), store: store, downloader: downloader)
    pool.start()
    #expect(try failure(pool, 1).summary == "cannot fetch p1 1 (amd64): not found (404)")
    #expect(try failure(pool, 2).summary.contains("expected sha256"))
    #expect(try failure(pool, 3).summary.contains("status 500"))
    #expect(try failure(pool, 4).summary.hasPrefix("cannot fetch p4 1 (amd64): "))
    #expect(try bytes(pool, 0) == content[0])
    #expect(try bytes(pool, 5) == content[5])
    pool.cancel()
    // What broke off stays to be completed; nothing bad is an object.
    let left = try files(below: scratch.file("cache"))
    #expect(left.filter { $0.hasPrefix("objects") }.count == 2)
    #expect(left.filter { $0.hasPrefix("partial") } == ["partial/\(Digest(of: content[4]))"])
  }

  @Test func `looks elsewhere for what no candidate has, and for nothing else`() throws {
    serveAll()
    for index in [1, 2, 3] { server.on("/pool/p\(index).deb", .status(404)) }
    server.on("/moved/p1.deb", .serve(content[1]))
    server.on("/moved/p2.deb", .serve(content[3]))
    let (base, page) = (try Location(server.url("/")), server.url("/page"))
    let asked = Monitor<[Digest]>([])
    let digests = content.map { Digest(of: $0) }
    let pool = try PackagePool(
      try items(), store: store, downloader: downloader,
      search: { digest, _ in
        asked.access { $0.append(digest) }
        let index = digests.firstIndex(of: digest) ?? 0
        if index == 3 { return FoundPlaces(failures: [TransferFailure(page, .notListed)]) }
        // The old place may be listed, too.
        return FoundPlaces([base.appending("pool/p\(index).deb"), base.appending("moved/p\(index).deb")])
      })
    pool.start()
    for index in [0, 1, 4, 5] { #expect(try bytes(pool, index) == content[index]) }
    let altered = try failure(pool, 2)
    #expect(altered.summary.contains("too large") || altered.summary.contains("expected sha256"))
    #expect(
      altered.causes == [
        "from \(server.url("/moved/p2.deb"))", "\(server.url("/pool/p2.deb")): not found (404)",
      ])
    let lost = try failure(pool, 3)
    #expect(lost.summary == "cannot fetch p3 1 (amd64): not found (404)")
    #expect(lost.causes.last == "\(page): the file is not listed")
    #expect(asked.access { Set($0) } == Set([1, 2, 3].map { digests[$0] }))
    #expect(server.requests.count { $0.path == "/pool/p1.deb" } == 1)
  }

  @Test func `a search ends with its pool`() throws {
    server.on("/pool/p0.deb", .status(404))
    let pool = try PackagePool(
      try items(0..<1), store: store, downloader: downloader,
      search: { _, cancellation in
        while !cancellation.isCancelled { Stopwatch.pause(milliseconds: 5) }
        return FoundPlaces()
      })
    pool.start()
    Stopwatch.pause(milliseconds: 100)
    pool.cancel()
    #expect(throws: PoolFailure.self) { try bytes(pool, 0) }
    // Its lock is free for the next.
    #expect(try store.tryLock(Digest(of: content[0])) != nil)
  }

  @Test func `completes what an interrupted build left behind`() throws {
    serveAll()
    try scratch.write(Array(content[5][..<2500]), to: "cache/partial/\(Digest(of: content[5]))")
    let pool = try PackagePool(try items(5..<6), store: store, downloader: downloader)
    pool.start()
    #expect(try bytes(pool, 5) == content[5])
    #expect(server.requests.map { $0.headers["range"] } == ["bytes=2500-"])
  }

  @Test func `fetches one object once for two builds at a time`() throws {
    serveAll()
    let other = Downloader()
    let first = try PackagePool(try items(), store: store, downloader: downloader)
    let second = try PackagePool(try items(), store: store, downloader: other)
    first.start()
    second.start()
    for index in content.indices {
      #expect(try bytes(first, index) == content[index])
      #expect(try bytes(second, index) == content[index])
    }
    #expect(server.requests.count == 6)
    #expect(Set(server.requests.map(\.path)).count == 6)
  }

  @Test func `takes over when the build that was fetching dies`() throws {
    serveAll()
    let digest = Digest(of: content[0])
    let lock = try store.lock(digest)
    let pool = try PackagePool(try items(0..<1), store: store, downloader: downloader)
    pool.start()
    Stopwatch.pause(milliseconds: 120)
    #expect(server.requests == [])
    _ = consume lock
    #expect(try bytes(pool, 0) == content[0])
  }

  @Test func `asks the places of a file in turn`() throws {
    server.on("/wheels/w.whl", .serve(content[0]))
    let item = PoolItem(
      name: "w.whl", sha256: Digest(of: content[0]), size: 1000,
      candidates: [
        try Location(server.url("/mirror/w.whl")), try Location(server.url("/wheels/w.whl")),
      ])
    let pool = try PackagePool([item], store: store, downloader: downloader)
    pool.start()
    #expect(try bytes(pool, 0) == content[0])
    #expect(server.requests.map(\.path) == ["/mirror/w.whl", "/wheels/w.whl"])
  }

  @Test func `names what nobody can be asked for`() throws {
    var items = try items(0..<2)
    items[1].candidates = []
    let failure = try #require(throws: PoolFailure.self) {
      _ = try PackagePool(items, store: store, downloader: downloader)
    }
    #expect(failure.cause == .offline(missing: ["p1 1 (amd64)"]))
    #expect(server.requests == [])
  }

  @Test func `lets nobody wait for ever when it is cancelled`() throws {
    server.on("/pool/p0.deb", .stall(content[0], after: 10))
    let pool = try PackagePool(try items(0..<1), store: store, downloader: downloader)
    pool.start()
    let thread = SystemThread {
      Stopwatch.pause(milliseconds: 100)
      pool.cancel()
    }
    #expect(try failure(pool, 0).cause == .cancelled)
    thread.join()
    #expect(throws: PoolFailure.self) { _ = try pool.wait(for: Digest(of: "unknown")) }
  }
}
