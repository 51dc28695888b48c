import Diagnosis
import FileTree
import Glibc
import Sandbox
import Threads

/// The outer side of one worker: gives it its order, serves its needs, hands its events on.
struct WorkerSession {
  /// Descriptors that the worker may ask for; called on threads of their own, and may wait.
  var objects: @Sendable (Digest) throws -> Descriptor
  var artifacts: @Sendable (String) throws -> Descriptor
  var emulator: @Sendable () throws -> Descriptor = { try Execution.native.emulator() }
  /// Answers as a registry on a listening socket, for npm's default registry or the one that it knows.
  var registry: @Sendable (consuming Descriptor, String?) throws -> Void = { _, _ in
    throw Report("cannot answer as a registry: nothing was to be resolved")
  }
  /// Lets go of whoever still waits in `objects`: the worker needs nothing any more.
  var giveUp: @Sendable () -> Void = {}
  var events: EventHandler
  var cancellation: Cancellation

  /// Runs `order` in a new worker. Throws what the worker threw.
  func run(
    _ order: WorkerOrder, workspace: CInt, privilege: Privilege, executable: String
  ) throws -> WorkerResult {
    let worker = try WorkerProcess(
      executable: executable, tier: privilege.tier, workspace: workspace, mapIDs: privilege.mapWorker)
    let channel = Channel(socket: worker.control.raw)
    let outcome = Result { try converse(channel, order) }
    // Whatever went wrong in the worker, it was this if its recorder failed.
    try worker.end()
    return try outcome.get()
  }

  private func converse(_ channel: Channel, _ order: WorkerOrder) throws -> WorkerResult {
    try channel.send(OuterMessage.order(order))
    var helpers: [SystemThread] = []
    let refusal = Monitor<Report?>(nil)
    defer {
      giveUp()
      for helper in helpers { helper.join() }
    }
    while true {
      if try !wait(for: channel, refusal) { throw Interrupted() }
      guard let (message, descriptor) = try channel.receive(WorkerMessage.self) else {
        throw Report(
          "cannot build: the worker was killed",
          hints: ["the kernel kills processes when memory runs out: see `dmesg`, and free some"])
      }
      if case .need(let number, .registry(let address)) = message, let descriptor {
        try registry(Descriptor(owning: descriptor), address)
        try channel.send(OuterMessage.here(need: number))
        continue
      }
      if let descriptor { close(descriptor) }
      switch message {
      case .event(let event): events(event)
      case .done(let result): return result
      case .failed(let report): throw report
      case .need(let number, let need):
        helpers.append(
          SystemThread {
            do {
              let descriptor = try serve(need)
              // If it cannot be told, the worker has ended, and says itself why.
              try? channel.send(OuterMessage.here(need: number), descriptor: descriptor.raw)
            } catch {
              // The first one is why the build fails; others may only follow from it.
              refusal.access { $0 = $0 ?? Report(of: error) }
            }
          })
      }
    }
  }

  private func serve(_ need: Need) throws -> Descriptor {
    switch need {
    case .object(let digest, _): try objects(digest)
    case .artifact(let name): try artifacts(name)
    case .emulator: try emulator()
    case .registry: throw Report("cannot answer as a registry: no socket came along")
    }
  }

  /// Until something can be read; false when the build is to stop. Throws what the worker needs and
  /// cannot have: it is not told, for it would first wait for all else that it asked for.
  private func wait(for channel: Channel, _ refusal: Monitor<Report?>) throws -> Bool {
    while !cancellation.isCancelled {
      if let report = refusal.access({ $0 }) { throw report }
      if try channel.waitUntilReadable(milliseconds: 50) { return true }
    }
    return false
  }

  /// Empties a workspace.
  static func clear(workspace: CInt, executable: String) throws {
    let session = WorkerSession(
      objects: { _ in throw Report("cannot clear a workspace: it needs no objects") },
      artifacts: { _ in throw Report("cannot clear a workspace: it makes no artifacts") },
      events: { _ in }, cancellation: Cancellation())
    _ = try session.run(
      .clear, workspace: workspace, privilege: .owning(workspace), executable: executable)
  }
}

/// Whatever fails once an end was asked for has failed for that, in whichever words it says so.
func heeding<Result>(_ cancellation: Cancellation, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch {
    throw cancellation.isCancelled ? Interrupted() : error
  }
}
