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

  /// A worker in a workspace, from its birth to its end: what every build begins with.
  func worker(_ ids: SubordinateIDs?) -> Attempt? {
    guard context.isRoot || ids != nil, let probe = try? Probe(near: context.cacheDirectory) else {
      return nil
    }
    let tier: Tier = context.isRoot ? .root : .subuid
    return Attempt { () throws(Report) in
      do {
        let workspace = try Workspace(
          cache: probe.path, tier: tier, executable: context.executable, ids: ids)
        try workspace.remove(tier: tier, executable: context.executable, ids: ids)
        return "a worker ran in namespaces of its own\(context.isRoot ? ", as root" : "")"
      } catch {
        throw Report(of: error)
      }
    }
  }

  /// Has a worker register the emulator, as a build's would.
  func tryEmulator(_ execution: Execution, _ machine: Machine) throws {
    let ids = context.isRoot ? nil : try SubordinateIDs.ofCaller()
    let tier: Tier = context.isRoot ? .root : .subuid
    let probe = try Probe(near: context.cacheDirectory)
    let workspace = try Workspace(
      cache: probe.path, tier: tier, executable: context.executable, ids: ids)
    let session = WorkerSession(
      objects: { _ in throw Report("cannot register an emulator: it needs no objects") },
      artifacts: { _ in throw Report("cannot register an emulator: it makes no artifacts") },
      emulator: { try execution.emulator() }, events: { _ in }, cancellation: cancellation)
    let outcome = Result {
      try session.run(
        .emulate(machine), workspace: workspace.stage.raw, tier: execution.tier(tier),
        executable: context.executable, ids: ids)
    }
    try workspace.remove(tier: tier, executable: context.executable, ids: ids)
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
