import Diagnosis
import Glibc

/// Whom the program runs as in a test.
package enum TestUser: Sendable {
  /// A user with a range of sub-ids: the caller, or when that is root, the one that CAPSEM_TEST_USER
  /// names, by default "capsem-test", which is made if it is not there.
  case ordinary
  case root

  /// Both, where there is a choice.
  package static let available: [TestUser] = getuid() == 0 ? [.ordinary, .root] : [.ordinary]

  package static let isStrict = getenv("CAPSEM_TEST_STRICT").map { String(cString: $0) } == "1"
  package static let isRoot = getuid() == 0

  /// A program and its arguments as the ordinary user runs them; nil when there is no such user.
  package static func command(_ arguments: [String]) -> [String]? {
    (try? TestUser.ordinary.prefix).map { $0.isEmpty ? arguments : $0 + ["--"] + arguments }
  }

  /// Whether an ordinary user can make namespaces here; a strict run finds out by failing.
  package static let hasNamespaces: Bool = {
    if isStrict { return true }
    guard access("/usr/bin/newuidmap", X_OK) == 0,
      let command = command(["/usr/bin/unshare", "--user", "--mount", "true"])
    else { return false }
    return (try? runTool(command[0], Array(command.dropFirst()))) != nil
  }()

  /// What makes a command run as this user; ends with an `exec`, so the process stays the same.
  package var prefix: [String] {
    get throws {
      guard getuid() == 0, case .ordinary = self else { return [] }
      let (user, group) = try TestUser.made.get()
      return ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(group)", "--clear-groups"]
    }
  }

  /// Gives files that the tests made to this user.
  package func own(_ paths: String...) throws {
    guard getuid() == 0, case .ordinary = self else { return }
    let (user, group) = try TestUser.made.get()
    try runTool("chown", ["-hR", "\(user):\(group)"] + paths)
  }

  private static let made = Result { try make() }

  private static func make() throws -> (user: uid_t, group: gid_t) {
    let name = getenv("CAPSEM_TEST_USER").map { String(cString: $0) } ?? "capsem-test"
    if getpwnam(name) == nil {
      // Several packages' tests may want the user at once.
      try runTool("flock", ["/run/lock", "sh", "-c", "id \(name) || useradd --no-create-home \(name)"])
    }
    let granted = String(decoding: try contents(ofFile: "/etc/subuid") ?? [], as: UTF8.self)
    if !granted.split(separator: "\n").contains(where: { $0.hasPrefix("\(name):") }) {
      let ids = "700000-765535"
      try runTool("usermod", ["--add-subuids", ids, "--add-subgids", ids, name])
    }
    for file in ["/etc/subuid", "/etc/subgid"] {
      let text = String(decoding: try contents(ofFile: file) ?? [], as: UTF8.self)
      guard text.split(separator: "\n").contains(where: { $0.hasPrefix("\(name):") }) else {
        throw ToolFailure(description: "\(file) has no range of ids for the tests' user \(name)")
      }
    }
    guard let entry = getpwnam(name) else { throw ToolFailure(description: "there is no user \(name)") }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }
}
