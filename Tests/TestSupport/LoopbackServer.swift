import Glibc
import Threads

/// An HTTP/1.1 server of our own on 127.0.0.1, with good and bad manners. One request a connection.
package final class LoopbackServer: Sendable {
  package struct Request: Sendable, Equatable {
    /// With the query.
    package var path: String
    /// Names in lower case.
    package var headers: [String: String]
  }

  /// How a request is answered.
  package enum Behaviour: Sendable {
    case serve([UInt8])
    /// Answers a range request with everything.
    case ignoreRanges([UInt8])
    /// Answers a range request with other bytes than were asked for.
    case wrongRange([UInt8])
    case status(Int, headers: [String: String] = [:], body: String = "")
    case redirect(String)
    /// Promises all and closes after so many bytes.
    case breakOff([UInt8], after: Int)
    /// Promises nothing, sends so many bytes, and closes.
    case endEarly([UInt8], after: Int)
    /// Sends so many bytes and then nothing, with the connection open for a minute.
    case stall([UInt8], after: Int)
    /// Sends so many bytes and then ten a second, for a quarter of that.
    case trickle([UInt8], after: Int)
    /// Waits so many milliseconds first.
    case late([UInt8], milliseconds: Int64)
    /// Answers who sends exactly this Authorization, and 401 to all others.
    indirect case demand(String, then: Behaviour)
    /// The same, for any of these.
    indirect case demandEither([String], then: Behaviour)
    /// As a proxy: answers who sends exactly this Proxy-Authorization, and 407 to all others.
    indirect case demandAsProxy(String, then: Behaviour)
  }

  /// Seconds after which it gives up on a client that does not: a test has to fail and not to hang.
  fileprivate static let patience = 60

  private struct State {
    var behaviours: [String: [Behaviour]] = [:]
    var requests: [Request] = []
    var open = 0
    var mostAtOnce = 0
    var threads: [SystemThread] = []
  }

  package let port: Int
  private let listener: CInt
  private let state = Monitor(State())
  private let stopped = Cancellation()
  private let acceptor = Monitor<SystemThread?>(nil)

  /// A port that nobody listens on at this moment.
  package static func freePort() -> Int { LoopbackServer().port }

  package init() {
    let opened = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(opened, address, length) == 0 && getsockname(opened, address, &length) == 0
      }
    }
    precondition(bound && listen(opened, 64) == 0, "no loopback port")
    listener = opened
    port = Int(UInt16(bigEndian: address.sin_port))
    // Not `self`, which would never end.
    let (shared, flag) = (state, stopped)
    acceptor.access {
      $0 = SystemThread { LoopbackServer.acceptAll(opened, shared, flag) }
    }
  }

  deinit {
    stopped.cancel()
    shutdown(listener, CInt(SHUT_RDWR))
    acceptor.access { $0 }?.join()
    for thread in state.access({ $0.threads }) { thread.join() }
    close(listener)
  }

  /// The n-th request for `path` gets the n-th behaviour; the last one stays.
  package func on(_ path: String, _ behaviours: Behaviour...) {
    state.access { $0.behaviours[path] = behaviours }
  }

  package func url(_ path: String, user: String = "") -> String { "http://\(user)127.0.0.1:\(port)\(path)" }

  package var requests: [Request] { state.access { $0.requests } }

  /// How many connections were open at one time.
  package var mostAtOnce: Int { state.access { $0.mostAtOnce } }

  private static func acceptAll(_ listener: CInt, _ state: Monitor<State>, _ stopped: Cancellation) {
    while !stopped.isCancelled {
      let connection = accept(listener, nil, nil)
      if connection < 0 { continue }
      state.access { state in
        state.open += 1
        state.mostAtOnce = max(state.mostAtOnce, state.open)
      }
      let thread = SystemThread {
        Connection(raw: connection, stopped: stopped).answer { request in
          state.access { state in
            state.requests.append(request)
            let path = String(request.path.prefix { $0 != "?" })
            guard var behaviours = state.behaviours[path], let first = behaviours.first else {
              return .status(404, body: "no such file")
            }
            if behaviours.count > 1 { behaviours.removeFirst() }
            state.behaviours[path] = behaviours
            return first
          }
        }
        state.access { $0.open -= 1 }
      }
      state.access { $0.threads.append(thread) }
    }
  }
}

/// One accepted connection.
private struct Connection {
  var raw: CInt
  var stopped: Cancellation

  func answer(_ behaviour: (LoopbackServer.Request) -> LoopbackServer.Behaviour) {
    defer { close(raw) }
    guard let request = readRequest() else { return }
    answer(request, behaviour(request))
  }

  private func answer(_ request: LoopbackServer.Request, _ behaviour: LoopbackServer.Behaviour) {
    switch behaviour {
    case .serve(let bytes): serve(bytes, request)
    case .ignoreRanges(let bytes): send(200, ["Content-Length": "\(bytes.count)"], bytes[...])
    case .wrongRange(let bytes):
      send(206, ["Content-Range": "bytes 0-\(bytes.count - 1)/\(bytes.count)"], bytes[...])
    case .status(let status, let headers, let body):
      send(status, headers.merging(["Content-Length": "\(body.utf8.count)"]) { $1 }, Array(body.utf8)[...])
    case .redirect(let target): send(302, ["Location": target, "Content-Length": "0"], [])
    case .breakOff(let bytes, let count):
      let from = offset(request, bytes.count)
      send(
        from > 0 ? 206 : 200, headers(from, bytes.count), bytes[from..<max(from, min(count, bytes.count))])
    case .endEarly(let bytes, let count): send(200, [:], bytes[..<count])
    case .stall(let bytes, let count):
      send(200, ["Content-Length": "\(bytes.count)"], bytes[..<count])
      for _ in 0..<LoopbackServer.patience * 100 where !stopped.isCancelled {
        Stopwatch.pause(milliseconds: 10)
      }
    case .trickle(let bytes, let count):
      let from = offset(request, bytes.count)
      let end = max(from, min(count, bytes.count))
      send(from > 0 ? 206 : 200, headers(from, bytes.count), bytes[from..<end])
      for index in (end..<bytes.count).prefix(LoopbackServer.patience * 10 / 4) where !stopped.isCancelled {
        Stopwatch.pause(milliseconds: 100)
        guard send(bytes[index...index]) else { return }
      }
    case .late(let bytes, let milliseconds):
      Stopwatch.pause(milliseconds: milliseconds)
      serve(bytes, request)
    case .demand(let words, let next): answer(request, .demandEither([words], then: next))
    case .demandEither(let words, let next):
      guard let told = request.headers["authorization"], words.contains(told) else {
        return send(401, ["WWW-Authenticate": "Basic realm=\"x\"", "Content-Length": "0"], [])
      }
      answer(request, next)
    case .demandAsProxy(let words, let next):
      guard request.headers["proxy-authorization"] == words else {
        return send(407, ["Proxy-Authenticate": "Basic realm=\"x\"", "Content-Length": "0"], [])
      }
      answer(request, next)
    }
  }

  private func serve(_ bytes: [UInt8], _ request: LoopbackServer.Request) {
    let from = offset(request, bytes.count)
    if from > 0 && from >= bytes.count {
      send(416, ["Content-Range": "bytes */\(bytes.count)", "Content-Length": "0"], [])
    } else {
      send(from > 0 ? 206 : 200, headers(from, bytes.count), bytes[from...])
    }
  }

  private func headers(_ from: Int, _ total: Int) -> [String: String] {
    var headers = ["Content-Length": "\(total - from)", "Accept-Ranges": "bytes"]
    if from > 0 { headers["Content-Range"] = "bytes \(from)-\(total - 1)/\(total)" }
    return headers
  }

  private func offset(_ request: LoopbackServer.Request, _ total: Int) -> Int {
    guard let range = request.headers["range"], range.hasPrefix("bytes="), range.hasSuffix("-") else {
      return 0
    }
    return Int(range.dropFirst(6).dropLast()) ?? 0
  }

  private func readRequest() -> LoopbackServer.Request? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(raw, &chunk, chunk.count, 0)
      if count <= 0 { return nil }
      bytes += chunk[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3, words[0] == "GET" else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
    }
    return LoopbackServer.Request(path: String(words[1]), headers: headers)
  }

  private func send(_ status: Int, _ headers: [String: String], _ body: ArraySlice<UInt8>) {
    var head = "HTTP/1.1 \(status) Status\r\nConnection: close\r\n"
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    send((Array((head + "\r\n").utf8) + body)[...])
  }

  /// False when the client has gone.
  @discardableResult private func send(_ bytes: ArraySlice<UInt8>) -> Bool {
    var done = 0
    while done < bytes.count {
      // MSG_NOSIGNAL: a client may well have gone.
      let count = bytes.withUnsafeBytes { Glibc.send(raw, $0.baseAddress! + done, $0.count - done, 0x4000) }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
