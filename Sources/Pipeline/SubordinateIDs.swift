import Diagnosis
import FileTree
import Glibc
import HostTools
import Sandbox

/// A user's range of sub-ids: subuid(5), subgid(5). The whole of an image's ids must fit.
struct SubordinateIDs: Sendable, Equatable {
  var user: Range
  var group: Range

  struct Range: Sendable, Equatable {
    var start: UInt32
    var count: UInt32
  }

  /// Debian's policy knows ids up to 65535.
  static let needed: UInt32 = 65_536

  /// The first range of sufficient size that the text grants to `name` or `id`.
  static func range(in text: String, name: String?, id: UInt32) -> Range? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":")
      guard parts.count == 3, String(parts[0]) == name || String(parts[0]) == String(id),
        let start = UInt32(parts[1]), let count = UInt32(parts[2]), count >= needed
      else { continue }
      return Range(start: start, count: count)
    }
    return nil
  }

  /// Debian's shadow, which both are a part of.
  static let tools = ["newuidmap", "newgidmap"].map { HostTool($0, package: "uidmap") }

  /// What stands in the way of a tool that cannot map ids.
  static func hint(for tool: HostTool) -> String {
    "check that \(tool.path ?? tool.name) is setuid root (sudo chmod u+s), and that this process may gain "
      + "privileges (no_new_privs, a nosuid mount and allowPrivilegeEscalation: false forbid it)"
  }

  /// Looks the caller up in /etc/subuid and /etc/subgid.
  static func ofCaller() throws -> SubordinateIDs {
    let id = getuid()
    let name = getpwuid(id).map { String(cString: $0.pointee.pw_name) }
    func find(_ file: String) throws -> Range {
      let text = Outputs.text(of: file) ?? []
      if let range = range(in: String(decoding: text, as: UTF8.self), name: name, id: id) { return range }
      let who = name ?? String(id)
      throw Report(
        "cannot build as \(who): \(file) grants no range of \(needed) ids",
        hints: ["sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(who)"])
    }
    return SubordinateIDs(user: try find("/etc/subuid"), group: try find("/etc/subgid"))
  }

  /// Maps the worker's namespace: 0 and up are the sub-ids, and the caller's own ids are not in it.
  func mapWorker(_ process: pid_t) throws {
    try map(
      process, user: ["0", "\(user.start)", "\(SubordinateIDs.needed)"],
      group: ["0", "\(group.start)", "\(SubordinateIDs.needed)"])
  }

  /// Maps a hand-over's namespace: 0 is the caller, 1 is root of the worker's.
  func mapHandOver(_ process: pid_t) throws {
    try map(
      process, user: ["0", "\(getuid())", "1", "1", "\(user.start)", "1"],
      group: ["0", "\(getgid())", "1", "1", "\(group.start)", "1"])
  }

  /// Maps a namespace of root's, in which every id that an image may have is itself.
  static func mapIdentically(_ process: pid_t) throws {
    let map = Array("0 0 \(needed)\n".utf8)
    for kind in ["gid", "uid"] {
      let file = "/proc/\(process)/\(kind)_map"
      let descriptor = try Descriptor(opening: file, O_WRONLY)
      // One write(2), or none: user_namespaces(7).
      try system("write", file) { map.withUnsafeBytes { write(descriptor.raw, $0.baseAddress, $0.count) } }
    }
  }

  private func map(_ process: pid_t, user: [String], group: [String]) throws {
    for (tool, arguments) in zip(SubordinateIDs.tools, [user, group]) {
      let result = try tool.run([String(process)] + arguments)
      guard result.status == .exited(0) else {
        throw Report(
          "cannot map the ids of a user namespace: \(tool.name) failed",
          causes: result.messages.split(separator: "\n").map(String.init),
          hints: [SubordinateIDs.hint(for: tool)])
      }
    }
  }
}
