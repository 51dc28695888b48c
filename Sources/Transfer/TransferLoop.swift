import CCurl
import Threads

/// The thread that drives all transfers. Everything in it belongs to that one thread.
final class TransferLoop {
  private let multi: Multi
  private let inbox: Monitor<Inbox>
  private let settings: TransferSettings
  private var waiting: [Job] = []
  private var running: [UnsafeMutableRawPointer: Exchange] = [:]
  private var idleHandles: [UnsafeMutableRawPointer] = []

  /// What other threads leave for this one.
  struct Inbox {
    var jobs: [Job] = []
    var isClosed = false
  }

  /// libcurl's multi handle; `curl_multi_wakeup` is the one call that other threads may make.
  struct Multi: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    func wake() { curl_multi_wakeup(handle) }
  }

  init(_ multi: Multi, _ inbox: Monitor<Inbox>, _ settings: TransferSettings) {
    self.multi = multi
    self.inbox = inbox
    self.settings = settings
    ccurl_multi_set_long(multi.handle, CURLMOPT_MAX_HOST_CONNECTIONS, settings.connectionsPerHost)
    ccurl_multi_set_long(multi.handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.connections)
  }

  /// Until the inbox is closed; what is not finished then is cancelled.
  func run() {
    while takeJobs() {
      stopCancelled()
      let due = startWaiting()
      var count: Int32 = 0
      curl_multi_perform(multi.handle, &count)
      let settled = settleFinished()
      if !settled {
        curl_multi_poll(multi.handle, nil, 0, pollTime(due), nil)
      }
    }
    for (handle, exchange) in running {
      curl_multi_remove_handle(multi.handle, handle)
      exchange.letGo()
      idleHandles.append(handle)
      waiting.append(exchange.job)
    }
    running = [:]
    for job in waiting + restarted { cancel(job) }
    for handle in idleHandles { curl_easy_cleanup(handle) }
  }

  private func takeJobs() -> Bool {
    let (jobs, isClosed) = inbox.access { inbox in
      defer { inbox.jobs = [] }
      return (inbox.jobs, inbox.isClosed)
    }
    if !jobs.isEmpty {
      waiting += jobs
      // Equal jobs keep the order in which they came: the sort is stable.
      waiting.sort { $0.urgency > $1.urgency }
    }
    return !isClosed
  }

  private func pollTime(_ due: Int64?) -> Int32 {
    let isWatched = running.values.contains { $0.job.cancellation != nil } || !waiting.isEmpty
    let longest: Int64 = isWatched ? 100 : 1000
    guard let due else { return Int32(longest) }
    return Int32(max(0, min(longest, due - Stopwatch.milliseconds)))
  }

  private func stopCancelled() {
    for (handle, exchange) in running where exchange.job.cancellation?.isCancelled == true {
      retire(handle)
      cancel(exchange.job)
    }
    waiting.removeAll { job in
      guard job.cancellation?.isCancelled == true else { return false }
      cancel(job)
      return true
    }
  }

  private func cancel(_ job: Job) {
    let place = job.location ?? job.attempts.next?.location
    job.end(.failure(TransferFailure(place?.description ?? "nothing", .cancelled)))
  }

  /// Starts what may start; answers when the next of the others may.
  private func startWaiting() -> Int64? {
    let now = Stopwatch.milliseconds
    var due: Int64?
    var left: [Job] = []
    for job in waiting {
      guard let next = job.attempts.next else {
        job.end(.failure(job.attempts.failure))
        continue
      }
      if next.notBefore > now {
        due = min(due ?? .max, next.notBefore)
        left.append(job)
      } else if !hasRoom(for: next.location) {
        left.append(job)
      } else {
        job.redirects = 0
        start(job, at: next.location)
      }
    }
    // A job that ended or restarted meanwhile is not among `left`.
    waiting = left + restarted
    if !restarted.isEmpty { due = now }
    restarted = []
    return due
  }

  /// Jobs to put back into line after the walk over `waiting`.
  private var restarted: [Job] = []

  private func hasRoom(for location: Location) -> Bool {
    guard running.count < settings.connections else { return false }
    let count = running.values.count {
      $0.location.host == location.host && $0.location.port == location.port
    }
    return count < settings.connectionsPerHost
  }

  private func start(_ job: Job, at location: Location) {
    job.location = location
    do {
      if let obstacle = settings.credentials.obstacle(to: location) {
        return fail(job, TransferFailure(location.description, .unprepared(obstacle)))
      }
      // The file scheme cannot say which bytes it sends.
      if location.scheme == .file { try job.destination.reset() }
      guard let offset = try job.destination.resume() else { return finishEarlier(job, location) }
      let handle = idleHandles.popLast() ?? curl_easy_init()!
      let candidate = job.attempts.next?.location
      let exchange = Exchange(
        job, location, isElsewhere: candidate?.isSameServer(as: location) != true, from: offset, on: handle)
      exchange.prepare(settings)
      running[handle] = exchange
      curl_multi_add_handle(multi.handle, handle)
    } catch {
      job.end(.failure(TransferFailure(location.description, error)))
    }
  }

  /// All bytes were there already, from an earlier run.
  private func finishEarlier(_ job: Job, _ location: Location) {
    do {
      try job.destination.finish()
      job.progress(job.destination.position)
      job.end(.success(location))
    } catch .altered {
      // They were not the right ones and are gone: fetch them.
      restarted.append(job)
    } catch {
      job.end(.failure(TransferFailure(location.description, error)))
    }
  }

  private func settleFinished() -> Bool {
    var settled = false
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi.handle, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let exchange = running[handle]
      else { continue }
      let outcome = exchange.outcome(message.pointee.data.result, settings)
      retire(handle)
      settle(exchange, outcome)
      settled = true
    }
    return settled
  }

  private func retire(_ handle: UnsafeMutableRawPointer) {
    curl_multi_remove_handle(multi.handle, handle)
    running[handle]?.letGo()
    running[handle] = nil
    idleHandles.append(handle)
  }

  private func settle(_ exchange: Exchange, _ outcome: Exchange.Outcome) {
    let job = exchange.job
    switch outcome {
    case .complete: job.end(.success(exchange.location))
    case .redirect(let target):
      job.redirects += 1
      if job.redirects > settings.maximumRedirects {
        return fail(exchange, .redirected("more than \(settings.maximumRedirects) times"))
      }
      start(job, at: target)
    case .startOver:
      do {
        try job.destination.reset()
        start(job, at: exchange.location)
      } catch {
        job.end(.failure(TransferFailure(exchange.location.description, error)))
      }
    case .failed(let cause, let mayRecover, let pause):
      fail(exchange, cause, mayRecover: mayRecover, pause: pause)
    }
  }

  private func fail(
    _ exchange: Exchange, _ cause: TransferFailure.Cause, mayRecover: Bool = false, pause: Int64 = 0
  ) {
    let failure = TransferFailure(exchange.location.description, cause)
    if case .storage = cause { return exchange.job.end(.failure(failure)) }
    fail(exchange.job, failure, mayRecover: mayRecover, pause: pause)
  }

  private func fail(
    _ job: Job, _ failure: TransferFailure, mayRecover: Bool = false, pause: Int64 = 0
  ) {
    job.attempts.frontFailed(
      failure, mayRecover: mayRecover, pause: pause, now: Stopwatch.milliseconds)
    if job.attempts.next == nil {
      job.end(.failure(job.attempts.failure))
    } else {
      restarted.append(job)
    }
  }
}
