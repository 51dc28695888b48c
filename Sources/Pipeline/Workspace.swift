import Diagnosis
import FileTree
import Glibc
import Sandbox

/// A directory in the cache in which one build happens: `work/NAME`, with the trees below `work/NAME/stage`,
/// which root of the worker's namespace owns. A lock is held as long as the build lives, so that a
/// later one can tell what was left behind.
struct Workspace: ~Copyable {
  let directory: String
  /// Of `stage`.
  let stage: Descriptor
  private let lock: Descriptor

  /// Makes a workspace below `cache`, after removing stale ones.
  init(cache: String, privilege: Privilege, executable: String) throws {
    let parent = "\(cache)/work"
    try Workspace.makeDirectories(parent)
    // One build at a time looks around and moves in: a new workspace whose lock is not held yet would
    // seem stale to another.
    let entrance = try Descriptor(opening: parent, O_RDONLY | O_DIRECTORY)
    try system("lock", parent) { flock(entrance.raw, LOCK_EX) }
    try Workspace.removeStale(in: parent, executable: executable)
    var template = Array("\(parent)/build-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("create a workspace in", parent) }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let lock = try Descriptor(opening: "\(directory)/lock", O_RDWR | O_CREAT, mode: 0o600)
    try system("lock", directory) { flock(lock.raw, LOCK_EX | LOCK_NB) }
    _ = consume entrance
    try system("create", "\(directory)/stage") { mkdir("\(directory)/stage", 0o700) }
    let stage = try Descriptor(opening: "\(directory)/stage", O_RDONLY | O_DIRECTORY)
    do {
      try privilege.handOver(stage.raw, executable: executable)
    } catch {
      // It is still empty and the caller's.
      for name in ["stage", "lock"] { Glibc.remove("\(directory)/\(name)") }
      rmdir(directory)
      throw error
    }
    self.init(directory: directory, stage: stage, lock: lock)
  }

  private init(directory: String, stage: consuming Descriptor, lock: consuming Descriptor) {
    self.directory = directory
    self.stage = stage
    self.lock = lock
  }

  /// Opens a workspace that was kept.
  init(kept directory: String) throws {
    let lock = try Descriptor(opening: "\(directory)/lock", O_RDWR)
    guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
      throw Report("cannot enter \(directory): a build is at work in it")
    }
    // O_PATH needs no permission on the directory itself, which belongs to a sub-uid.
    let stage = try Descriptor(opening: "\(directory)/stage", Workspace.pathOnly | O_DIRECTORY)
    self.init(directory: directory, stage: stage, lock: lock)
  }

  private static let pathOnly: CInt = 0o10000000

  /// Leaves it for `shell`, and for the next build not to remove. `machine` is whose programs are in it, if
  /// they need an emulator.
  func keep(emulated machine: Machine?) throws {
    let file = try Descriptor(opening: "\(directory)/kept", O_WRONLY | O_CREAT)
    let text = Array((machine?.rawValue ?? "").utf8)
    try text.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: "\(directory)/kept") }
  }

  /// As it was kept.
  var emulated: Machine? {
    get throws {
      let file = try Descriptor(opening: "\(directory)/kept", O_RDONLY)
      return Machine(
        rawValue: String(decoding: try readAll(file.raw, named: "\(directory)/kept"), as: UTF8.self))
    }
  }

  /// Removes it. What is in `stage` is root's of the worker's namespace: a worker empties it first.
  consuming func remove(executable: String) throws {
    try Workspace.remove(directory, stage: stage.raw, executable: executable)
  }

  private static func remove(_ directory: String, stage: CInt, executable: String) throws {
    // An empty one, of a build that ended before its worker began, may not be handed over yet.
    if rmdir("\(directory)/stage") != 0 {
      try WorkerSession.clear(workspace: stage, executable: executable)
      try system("remove", "\(directory)/stage") { rmdir("\(directory)/stage") }
    }
    for name in ["lock", "kept"] { unlink("\(directory)/\(name)") }
    try system("remove", directory) { rmdir(directory) }
  }

  /// Removes what builds left that did not end well, unless they were to be kept. A workspace that
  /// cannot be removed, of another user, stays.
  static func removeStale(in parent: String, executable: String, alsoKept: Bool = false) throws {
    for directory in try directories(in: parent) {
      if !alsoKept && access("\(directory)/kept", F_OK) == 0 { continue }
      guard let lock = try? Descriptor(opening: "\(directory)/lock", O_RDWR),
        flock(lock.raw, LOCK_EX | LOCK_NB) == 0
      else { continue }
      if let stage = try? Descriptor(opening: "\(directory)/stage", pathOnly | O_DIRECTORY) {
        try? remove(directory, stage: stage.raw, executable: executable)
      } else {
        unlink("\(directory)/lock")
        rmdir(directory)
      }
    }
  }

  private static func directories(in parent: String) throws -> [String] {
    guard let raw = try? Descriptor(opening: parent, O_RDONLY | O_DIRECTORY).release() else { return [] }
    return try directoryNames(raw, named: parent).map { "\(parent)/\(String(decoding: $0, as: UTF8.self))" }
  }

  /// Those that no build has, kept or not.
  static func abandoned(in parent: String) throws -> [String] {
    try directories(in: parent).filter { directory in
      guard let lock = try? Descriptor(opening: "\(directory)/lock", O_RDWR) else { return false }
      return flock(lock.raw, LOCK_SH | LOCK_NB) == 0
    }
  }

  static func makeDirectories(_ path: String) throws {
    if access(path, F_OK) == 0 { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeDirectories(String(path[..<slash]))
    }
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw SystemFailure("create", path) }
  }
}
