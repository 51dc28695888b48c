import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import Sandbox
import Synchronization
import Threads
import Transfer

/// One order that a worker carries out in a workspace of its own, fed from a pool of verified files.
struct PooledRun {
  var builder: ImageBuilder
  var request: BuildRequest
  var lock: Lockfile
  /// Of the programs in the tree.
  var execution: Execution
  let log: BuildLog
  /// Events of the run, also for its log.
  let events: EventHandler
  private let watch: StageWatch

  /// `name` is the log's.
  init(
    builder: ImageBuilder, request: BuildRequest, lock: Lockfile, execution: Execution = .native,
    name: String
  ) {
    self.execution = execution
    self.builder = builder
    self.request = request
    self.lock = lock
    let log = BuildLog(path: "\(builder.context.cacheDirectory)/logs/\(name).log")
    self.log = log
    let watch = StageWatch { [events = builder.events] event in
      log.take(event)
      events(event)
    }
    self.watch = watch
    events = { watch.take($0) }
  }

  private var context: HostContext { builder.context }

  /// Fills the pool while the worker already works. `artifacts` are the files that it
  /// writes to. When it fails, its workspace stays if that was asked for.
  func carryOut(
    _ order: WorkerOrder, pool: PackagePool, artifacts: @escaping @Sendable (String) throws -> Descriptor
  ) throws -> WorkerResult {
    defer { pool.cancel() }
    // Before anything is fetched.
    let privilege = try builder.privilege.privilege()
    if pool.missingBytes > 0 { watch.beginFetching() }
    pool.start()
    let workspace = try Workspace(
      cache: context.cacheDirectory, privilege: privilege, executable: context.executable)
    let session = WorkerSession(
      objects: { [lock, watch] digest in
        if pool.awaits(digest) { watch.wait() }
        do { return try pool.wait(for: digest) } catch { throw lock.explained(error, about: digest) }
      },
      artifacts: artifacts, emulator: { [execution] in try execution.emulator() }, giveUp: { pool.cancel() },
      events: events, cancellation: builder.cancellation)
    let result: WorkerResult
    do {
      result = try session.run(
        order, workspace: workspace.stage.raw, privilege: privilege.for(execution),
        executable: context.executable)
    } catch {
      let kept = try dispose(workspace, failed: true)
      throw explained(error, kept: kept)
    }
    watch.endFetching()
    events(.started(.clear))
    _ = try dispose(workspace, failed: false)
    events(.finished(.clear, reused: false))
    return result
  }

  /// Removes the workspace, or keeps it when that was asked for; then returns where it is.
  private func dispose(_ workspace: consuming Workspace, failed: Bool) throws -> String? {
    if failed && request.keep && !builder.cancellation.isCancelled {
      let directory = workspace.directory
      try workspace.keep(emulated: execution.emulated)
      return directory
    }
    try workspace.remove(executable: context.executable)
    return nil
  }

  private func explained(_ error: any Error, kept: String?) -> any Error {
    if builder.cancellation.isCancelled || error is Interrupted { return Interrupted() }
    var report = Report(of: error)
    if log.isUsed { report.log = log.path }
    if let kept {
      report.hints.removeAll { $0.contains("--keep") }
      report.hints.append("look around in the failed tree: capsem-native shell \(kept)")
    }
    return report
  }
}

/// The output of everything that ran inside an image, line by line, in one file of the cache.
final class BuildLog: Sendable {
  let path: String
  private let state: Mutex<Descriptor?>
  private let used = Mutex(false)

  /// A log that cannot be written is no reason not to build.
  init(path: String) {
    self.path = path
    var file: Descriptor?
    if let slash = path.lastIndex(of: "/"), (try? Workspace.makeDirectories(String(path[..<slash]))) != nil {
      file = try? Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
    }
    state = Mutex(file)
  }

  var isUsed: Bool { used.withLock { $0 } }

  func take(_ event: BuildEvent) {
    guard case .output(_, let line) = event else { return }
    used.withLock { $0 = true }
    let bytes = Array((line + "\n").utf8)
    state.withLock { file in
      guard let raw = file?.raw else { return }
      _ = bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
    }
  }
}
