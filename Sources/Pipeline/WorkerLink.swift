import BuildModel
import Diagnosis
import FileTree
import Sandbox
import Synchronization
import Threads

/// The worker's side of the channel: needs go out from any thread, and whoever asked waits for the
/// answer to its own.
final class WorkerLink: ObjectSource {
  private let channel: Channel
  private let state = Monitor(State())

  /// Ends with the process, which is the worker's PID 1.
  private let reader = Mutex<SystemThread?>(nil)

  private struct State {
    var next = 0
    var answers: [Int: Result<CInt, Report>] = [:]
    var closed = false
  }

  init(channel: Channel) { self.channel = channel }

  /// The first message; then answers are handed out on a thread of their own.
  func start() throws -> WorkerOrder {
    guard let first = try channel.receive(OuterMessage.self), case .order(let order) = first.message else {
      throw Report("cannot start the worker: no order came")
    }
    reader.withLock { [self] in
      $0 = SystemThread { [self] in
        while let (message, descriptor) = (try? channel.receive(OuterMessage.self)) ?? nil {
          switch message {
          case .here(let need): answer(need, .success(descriptor ?? -1))
          case .cannot(let need, let report): answer(need, .failure(report))
          case .order: break
          }
        }
        state.access { $0.closed = true }
      }
    }
    return order
  }

  private func answer(_ need: Int, _ result: Result<CInt, Report>) {
    state.access { $0.answers[need] = result }
  }

  /// A descriptor that is sent along stays the caller's.
  func need(_ need: Need, sending descriptor: CInt = -1) throws -> Descriptor {
    let number = state.access { state in
      defer { state.next += 1 }
      return state.next
    }
    try channel.send(WorkerMessage.need(number, need), descriptor: descriptor)
    let answer = state.wait { state -> Result<CInt, Report>? in
      if let answer = state.answers.removeValue(forKey: number) { return answer }
      return state.closed ? .failure(Report("cannot go on: the outer process has ended")) : nil
    }
    return Descriptor(owning: try answer.get())
  }

  func open(_ digest: Digest, named name: String) throws -> Descriptor {
    try need(.object(digest, name: name))
  }

  /// Has programs of `machine` run by the host's emulator; nil when nothing is to be registered.
  func emulator(of machine: Machine?) throws -> EmulatorRegistration? {
    guard let machine else { return nil }
    return try EmulatorRegistration(of: machine, emulator: need(.emulator))
  }

  func report(_ message: WorkerMessage) throws { try channel.send(message) }

  /// Events that cannot be sent any more are of no use to anybody.
  var events: EventHandler { { [self] event in try? channel.send(WorkerMessage.event(event)) } }
}
