import Diagnosis
import FileTree
import Glibc
import HostChecks
import Sandbox

extension HostSurvey {
  /// README's "Room": downloads and a workspace, and what the image of the default guest takes.
  var cachePlace: HostFacts.Place {
    place(
      "the cache", context.cacheDirectory,
      HostFacts.Demand(bytes: 2_700_000_000, inodes: 60_000, runsPrograms: true),
      alternative: "or name another directory: CAPSEM_CACHE_DIR=DIR", refusal: context.cacheRefusal)
  }

  var outputPlace: HostFacts.Place {
    place(
      "the assets", output, HostFacts.Demand(bytes: 1_800_000_000, inodes: 20, runsPrograms: false),
      alternative: "or name another directory: --output DIR",
      refusal: { Outputs.refusal(output, $0) })
  }

  /// ST_NOEXEC of statvfs(3), which Glibc shows with _GNU_SOURCE only.
  private static let noexec: UInt = 8

  private func place(
    _ name: String, _ path: String, _ demand: HostFacts.Demand, alternative: String,
    refusal: (SystemFailure) -> Report
  ) -> HostFacts.Place {
    var room = statvfs()
    _ = statvfs(HostSurvey.nearest(path), &room)
    let isUsable = Attempt { () throws(Report) in
      do throws(SystemFailure) {
        try Probe(near: path).tryFiles()
        return "\(name): \(path) can be written and locked"
      } catch {
        throw refusal(error)
      }
    }
    return HostFacts.Place(
      name: name, path: path, isUsable: isUsable, freeBytes: Int64(room.f_bavail) * Int64(room.f_frsize),
      freeInodes: room.f_files == 0 ? nil : Int64(room.f_favail),
      isNoexec: room.f_flag & HostSurvey.noexec != 0, demand: demand, alternative: alternative)
  }

  /// The micro-build that a build begins with; nil where there is no place for it.
  var worker: Result<(tier: Tier, evidence: String), Report>? {
    guard let probe = try? Probe(near: context.cacheDirectory) else { return nil }
    let choice = PrivilegeChoice(context, cancellation: cancellation, in: probe.path) { _ in }
    return Result { () throws(Report) in
      do {
        let tier = try choice.privilege().tier
        let how =
          switch tier {
          case .root, .namespacedRoot: ", as root"
          case .subuid: ", with sub-ids"
          case .oneID: ", where owners are recorded"
          }
        return (tier, "a worker ran in namespaces of its own\(how)")
      } catch {
        throw Report(of: error)
      }
    }
  }

  /// Has a worker register the emulator, as a build's would.
  func tryEmulator(_ execution: Execution, _ machine: Machine) throws {
    let probe = try Probe(near: context.cacheDirectory)
    let privilege = try PrivilegeChoice(context, cancellation: cancellation, in: probe.path) { _ in }
      .privilege()
    let workspace = try Workspace(
      cache: probe.path, privilege: privilege, executable: context.executable)
    let session = WorkerSession(
      objects: { _ in throw Report("cannot register an emulator: it needs no objects") },
      artifacts: { _ in throw Report("cannot register an emulator: it makes no artifacts") },
      emulator: { try execution.emulator() }, events: { _ in }, cancellation: cancellation)
    let outcome = Result {
      try session.run(
        .emulate(machine), workspace: workspace.stage.raw, privilege: privilege.for(execution),
        executable: context.executable)
    }
    try workspace.remove(executable: context.executable)
    _ = try outcome.get()
  }

  /// The path, or the directory in which it would come to be.
  fileprivate static func nearest(_ path: String) -> String {
    var path = path
    while access(path, F_OK) != 0, let slash = path.lastIndex(of: "/") { path = String(path[..<slash]) }
    return path.isEmpty ? "/" : path
  }
}

/// A directory where a build would make one, for as long as this lives.
private struct Probe: ~Copyable {
  let path: String

  init(near place: String) throws(SystemFailure) {
    let parent = HostSurvey.nearest(place)
    var template = Array("\(parent)/.capsem-doctor-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("create a directory in", parent) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in ["file", "work"] { remove("\(path)/\(name)") }
    rmdir(path)
  }

  func tryFiles() throws(SystemFailure) {
    let file = try Descriptor(opening: "\(path)/file", O_RDWR | O_CREAT)
    let bytes = [UInt8](repeating: 1, count: 4096)
    var outcome: Result<Void, SystemFailure> = .success(())
    bytes.withUnsafeBytes { bytes in
      outcome = Result { () throws(SystemFailure) in
        try writeAll(bytes, to: file.raw, at: 0, named: "\(path)/file")
      }
    }
    try outcome.get()
    // Some network file systems have no locks, and say so only here.
    try system("lock", "\(path)/file") { flock(file.raw, LOCK_EX | LOCK_NB) }
  }
}
