import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Locking
import Store

/// The places of a second build: another cache, home, working directory and output than the first one's.
/// They go with this.
final class VerificationScratch: Sendable {
  let path: String

  var cache: String { "\(path)/cache" }
  var home: String { "\(path)/home" }
  var temporary: String { "\(path)/tmp" }
  var guest: String { "\(path)/elsewhere/guest" }
  var directory: String { "\(path)/elsewhere" }
  var assets: String { "\(path)/assets" }

  /// Below `parent`, which is absolute.
  init(in parent: String) throws {
    var template = Array("\(parent)/capsem-verify-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("create a directory in", parent) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for directory in [cache, home, temporary, directory, assets] { try Workspace.makeDirectories(directory) }
  }

  /// The guest's files and the lock, and what the lock names, as far as `store` has it: by links where that
  /// can be.
  func fill(_ configuration: GuestConfiguration, lock: Lockfile, objects: [Digest], from store: Store) throws
  {
    let copy = try HostTool("cp", package: "coreutils").run(
      ["-R", "--", configuration.directory, guest], directory: ".")
    guard copy.status == .exited(0) else {
      throw Report("cannot copy \(configuration.directory)", causes: [copy.messages])
    }
    try replaceFile("\(guest)/capsem.lock", with: Array(lock.text.utf8))
    let other = try Store(directory: cache)
    for digest in objects {
      let (from, to) = (store.path(of: digest), other.path(of: digest))
      try Workspace.makeDirectories(String(to.prefix(upTo: to.lastIndex(of: "/") ?? to.startIndex)))
      if link(from, to) == 0 || errno == ENOENT || errno == EEXIST { continue }
      guard let object = try store.open(digest) else { continue }
      try other.insert(readAll(object.raw, named: from))
    }
  }

  /// Gives all of it to another user, but for the content of files: that is everybody's to read.
  func give(to user: UInt32, group: UInt32) throws {
    let result = try HostTool("find", package: "findutils").run([
      path, "(", "-type", "d", "-o", "-path", "\(guest)/*", ")", "-exec", "chown", "-h", "\(user):\(group)",
      "{}", "+",
    ])
    guard result.status == .exited(0) else {
      throw Report("cannot give \(path) to another user", causes: [result.messages])
    }
    try system("change the mode of", path) { chmod(path, 0o755) }
  }

  deinit {
    // What cannot be removed stays in the directory for temporary files, which somebody clears.
    if let root = try? Descriptor(opening: path, O_RDONLY | O_DIRECTORY) {
      var writer = TreeWriter(root: root.raw)
      try? writer.removeContent(of: .root)
    }
    rmdir(path)
  }
}
