import Diagnosis
import Glibc

/// Whom the program runs as in a test.
package enum TestUser: Sendable {
  /// A user with a range of sub-ids: the caller, or when that is root, the one that CAPSEM_TEST_USER
  /// names, by default "capsem-test", which is made if it is not there.
  case ordinary
  /// A second one with another range, which only root can make.
  case other
  /// One without sub-ids: the caller, or when that is root, one that is made.
  case single
  case root

  /// Both, where there is a choice.
  package static let available: [TestUser] = getuid() == 0 ? [.ordinary, .root] : [.ordinary]

  package static let isStrict = getenv("CAPSEM_TEST_STRICT").map { String(cString: $0) } == "1"
  package static let isRoot = getuid() == 0

  /// A program and its arguments as `user` runs them; nil when there is no such user.
  package static func command(_ arguments: [String], as user: TestUser = .ordinary) -> [String]? {
    (try? user.prefix).map { $0.isEmpty ? arguments : $0 + ["--"] + arguments }
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
      guard let (user, group) = try ids else { return [] }
      return ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(group)", "--clear-groups"]
    }
  }

  /// Gives files that the tests made to this user.
  package func own(_ paths: String...) throws {
    guard let (user, group) = try ids else { return }
    try runTool("chown", ["-hR", "\(user):\(group)"] + paths)
  }

  /// Nil for the caller's own.
  private var ids: (user: uid_t, group: gid_t)? {
    get throws {
      guard getuid() == 0 else { return nil }
      return switch self {
      case .ordinary: try TestUser.made.get()
      case .other: try TestUser.otherMade.get()
      case .single: try TestUser.singleMade.get()
      case .root: nil
      }
    }
  }

  /// The name in /etc/passwd.
  package var name: String {
    let ordinary = getenv("CAPSEM_TEST_USER").map { String(cString: $0) } ?? "capsem-test"
    return switch self {
    case .ordinary: getuid() == 0 ? ordinary : String(cString: getpwuid(getuid()).pointee.pw_name)
    case .other: ordinary + "-other"
    case .single: getuid() == 0 ? ordinary + "-single" : TestUser.ordinary.name
    case .root: "root"
    }
  }

  /// Who is root in a worker of this user's, outside: the first id of the range in /etc/subuid, or the only one.
  package var firstSubordinateID: Int {
    get throws {
      if case .root = self { return 0 }
      _ = try prefix
      if case .single = self { return Int(try ids?.user ?? getuid()) }
      let granted = String(decoding: try contents(ofFile: "/etc/subuid") ?? [], as: UTF8.self)
      for line in granted.split(separator: "\n") where line.hasPrefix("\(name):") {
        let fields = line.split(separator: ":")
        if fields.count == 3, let first = Int(fields[1]) { return first }
      }
      throw ToolFailure(description: "/etc/subuid has no range of ids for \(name)")
    }
  }

  private static let made = Result { try make(TestUser.ordinary.name, ids: "700000-765535") }
  private static let otherMade = Result { try make(TestUser.other.name, ids: "1300000-1365535") }
  /// A system user, which useradd(8) gives no range to.
  private static let singleMade = Result { try make(TestUser.single.name, options: "--system --user-group") }

  private static func make(
    _ name: String, options: String = ""
  ) throws -> (user: uid_t, group: gid_t) {
    if getpwnam(name) == nil {
      // Several packages' tests may want the user at once.
      let make = "useradd --no-create-home \(options) \(name)"
      try runTool("flock", ["/run/lock", "sh", "-c", "id \(name) || \(make)"])
    }
    guard let entry = getpwnam(name) else { throw ToolFailure(description: "there is no user \(name)") }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }

  private static func make(_ name: String, ids: String) throws -> (user: uid_t, group: gid_t) {
    let made = try make(name)
    let granted = String(decoding: try contents(ofFile: "/etc/subuid") ?? [], as: UTF8.self)
    if !granted.split(separator: "\n").contains(where: { $0.hasPrefix("\(name):") }) {
      try runTool("usermod", ["--add-subuids", ids, "--add-subgids", ids, name])
    }
    for file in ["/etc/subuid", "/etc/subgid"] {
      let text = String(decoding: try contents(ofFile: file) ?? [], as: UTF8.self)
      guard text.split(separator: "\n").contains(where: { $0.hasPrefix("\(name):") }) else {
        throw ToolFailure(description: "\(file) has no range of ids for the tests' user \(name)")
      }
    }
    return made
  }
}
