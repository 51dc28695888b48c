import CSandbox
import Diagnosis
import Glibc

/// The first thing that the program does: `__worker` and `__hand-over` must run before Swift starts
/// any thread. The descriptors are fixed: 3 control, 4 workspace, 5 lifetime.
package enum WorkerEntry {
  package static let control: CInt = 3
  package static let workspace: CInt = 4
  package static let lifetime: CInt = 5

  package enum Outcome {
    /// An ordinary invocation.
    case ordinary
    /// This process is now a sandboxed worker.
    case worker
  }

  /// Runs a worker, on a thread that was born inside its namespaces: the first one was not.
  package static func run(_ main: @convention(c) () -> Int32) -> Int32 {
    csandbox_run_on_new_thread(main)
  }

  /// Looks at the arguments; does not return in a keeper or a hand-over.
  package static func enterIfAsked(_ arguments: [String]) -> Outcome {
    guard arguments.count >= 2 else { return .ordinary }
    var failure = csandbox_failure()
    switch arguments[1] {
    case "__worker":
      let tier = arguments.dropFirst(2).first.flatMap(Tier.init(rawValue:)) ?? .subuid
      // Used in the keeper, which never returns from here.
      let recorder = Unmanaged.passRetained(Recorder())
      var answering = csandbox_recorder(
        answer: answer, finish: finish, context: recorder.toOpaque())
      if csandbox_enter_worker(tier.entrance, control, workspace, lifetime, &answering, &failure) == 0 {
        recorder.release()
        return .worker
      }
    case "__hand-over":
      if csandbox_hand_over(control, workspace, &failure) == 0 { exit(0) }
    default: return .ordinary
    }
    // 'E' and the plain struct; the parent is this same program.
    var byte = UInt8(ascii: "E")
    _ = send(control, &byte, 1, CInt(MSG_NOSIGNAL))
    _ = send(control, &failure, MemoryLayout<csandbox_failure>.size, CInt(MSG_NOSIGNAL))
    exit(1)
  }

  private static let answer:
    @convention(c) (UnsafeMutableRawPointer?, CInt, UnsafeMutablePointer<csandbox_failure>?) -> CInt = {
      context, listener, failure in
      do {
        try Unmanaged<Recorder>.fromOpaque(context!).takeUnretainedValue()
          .answer(listener, workspace: workspace)
        return 0
      } catch {
        failure?.pointee = csandbox_failure(error as? SystemFailure ?? SystemFailure("record", "a call"))
        return -1
      }
    }

  private static let finish: @convention(c) (UnsafeMutableRawPointer?, CInt) -> Void = {
    context, workspace in
    Unmanaged<Recorder>.fromOpaque(context!).takeUnretainedValue().finish(workspace)
  }
}

extension csandbox_failure {
  /// What was attempted is cut where it has no room.
  init(_ failure: SystemFailure) {
    self.init()
    code = failure.code
    withUnsafeMutableBytes(of: &what) {
      $0.dropLast().copyBytes(from: Array("\(failure.verb) \(failure.object)".utf8.prefix($0.count - 1)))
    }
  }
}

extension Tier {
  fileprivate var entrance: csandbox_tier {
    switch self {
    case .root: CSANDBOX_ROOT
    case .subuid, .namespacedRoot: CSANDBOX_MAPPED
    case .oneID: CSANDBOX_ONE_ID
    }
  }
}
