import BuildModel
import Diagnosis
import FileTree
import Glibc
import Locking
import Store
import Threads

/// Answers npm in the sandbox, on a listening socket that was made in the sandbox's network: there is no
/// other way out of it. HTTP/1.1, GET only, a package's page or a tarball that a page named.
final class RegistryService: Sendable {
  private let registry: NpmRegistry
  private let store: Store
  private let stopped = Cancellation()
  private let state = Monitor(State())

  private struct State {
    var threads: [SystemThread] = []
    var connections = 0
    /// Addresses of tarballs by the path under which npm asks for them.
    var tarballs: [String: Tarball] = [:]
    var failures: [Report] = []
  }

  private struct Tarball {
    var address: String
    var integrity: NpmIntegrity
    var name: String
  }

  private static let mostConnections = 64
  private static let longestRequest = 16 << 10

  init(_ registry: NpmRegistry, store: Store) {
    self.registry = registry
    self.store = store
  }

  /// What could not be answered, in the order in which it was asked for.
  var failures: [Report] { state.access { $0.failures } }

  /// Answers whoever connects, until `stop`.
  func serve(_ listener: consuming Descriptor) {
    let raw = listener.release()
    let thread = SystemThread { [self] in
      defer { close(raw) }
      while !stopped.isCancelled {
        guard RegistryService.waits(for: raw) else { continue }
        let connection = accept(raw, nil, nil)
        if connection >= 0 { begin(connection) }
      }
    }
    state.access { $0.threads.append(thread) }
  }

  private func begin(_ connection: CInt) {
    state.access { state in
      guard state.connections < RegistryService.mostConnections else {
        close(connection)
        return
      }
      state.connections += 1
      state.threads.append(
        SystemThread { [self] in
          converse(connection)
          close(connection)
          self.state.access { $0.connections -= 1 }
        })
    }
  }

  func stop() {
    stopped.cancel()
    while true {
      let threads = state.access { state in
        defer { state.threads = [] }
        return state.threads
      }
      if threads.isEmpty { break }
      for thread in threads { thread.join() }
    }
    registry.finish()
  }

  private static func waits(for descriptor: CInt) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 50) > 0
  }

  // MARK: One connection

  private func converse(_ connection: CInt) {
    var pending: [UInt8] = []
    while let request = readRequest(connection, &pending) {
      guard let answer = answer(request), send(answer, to: connection) else { return }
    }
  }

  /// The first line of a request; nil when no other comes.
  private func readRequest(_ connection: CInt, _ pending: inout [UInt8]) -> Substring? {
    let end = Array("\r\n\r\n".utf8)
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      if let range = pending.firstRange(of: end) {
        let head = String(decoding: pending[..<range.lowerBound], as: UTF8.self)
        pending.removeSubrange(..<range.upperBound)
        return head.prefix { !$0.isNewline }
      }
      if pending.count > RegistryService.longestRequest { return nil }
      while !RegistryService.waits(for: connection) { if stopped.isCancelled { return nil } }
      let count = recv(connection, &chunk, chunk.count, 0)
      if count <= 0 { return nil }
      pending += chunk[..<count]
    }
  }

  private struct Answer {
    var status = 200
    var type = "application/json"
    var body: [UInt8]
  }

  private static let unknown = Answer(status: 404, body: Array(#"{"error":"not found"}"#.utf8))

  /// Nil for what npm never asks.
  private func answer(_ request: Substring) -> Answer? {
    let words = request.split(separator: " ")
    guard words.count == 3, words[0] == "GET", words[1].hasPrefix("/") else { return nil }
    let path = String(words[1].prefix { $0 != "?" })
    do {
      if let tarball = state.access({ $0.tarballs[path] }) {
        let (digest, _) = try registry.tarball(tarball.address, tarball.integrity, named: tarball.name)
        guard let bytes = try store.read(digest) else {
          throw Report("cannot read the tarball of \(tarball.name): it has left the cache")
        }
        return Answer(type: "application/octet-stream", body: bytes)
      }
      let name = String(path.dropFirst()).replacing("%2f", with: "/").replacing("%2F", with: "/")
      guard NpmPlace.isName(name), let packument = try registry.packument(of: name) else {
        return RegistryService.unknown
      }
      remember(packument)
      return Answer(body: packument.text)
    } catch {
      let report = Report(of: error)
      state.access { $0.failures.append(report) }
      return Answer(status: 502, body: Array(#"{"error":"the host could not fetch it"}"#.utf8))
    }
  }

  /// Where its tarballs are, under the paths that npm will ask for: those of their addresses.
  private func remember(_ packument: Packument) {
    state.access { state in
      for (version, tarball) in packument.tarballs {
        let start = tarball.address.firstRange(of: "://")?.upperBound ?? tarball.address.startIndex
        guard let slash = tarball.address[start...].firstIndex(of: "/") else { continue }
        let path = String(tarball.address[slash...].prefix { $0 != "?" && $0 != "#" })
        state.tarballs[path] = Tarball(
          address: tarball.address, integrity: tarball.integrity, name: "\(packument.name) \(version)")
      }
    }
  }

  /// False when nobody hears it any more.
  private func send(_ answer: Answer, to connection: CInt) -> Bool {
    let head =
      "HTTP/1.1 \(answer.status) \(answer.status == 200 ? "OK" : "Failed")\r\n"
      + "Content-Type: \(answer.type)\r\nContent-Length: \(answer.body.count)\r\n\r\n"
    let bytes = Array(head.utf8) + answer.body
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress! + done, $0.count - done, CInt(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
