import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Threads

/// The circumstances of a second build on this host, as a command that brings a program into them, and
/// what of them this host cannot change.
struct HostileBuild: Sendable {
  /// Words before the program's own.
  private(set) var command: [HostTool] = []
  private(set) var arguments: [[String]] = []
  private(set) var environment: [String: String]
  private(set) var surroundings = Surroundings()
  /// Who builds; nil for the caller.
  private(set) var user: OtherUser?
  private(set) var notVaried: [Circumstance: String] = [:]

  struct OtherUser: Sendable, Equatable {
    var name: String
    var id: UInt32
    var group: UInt32
  }

  /// Two years.
  private static let clockShift: Int64 = 2 * 365 * 86_400

  /// `need` is the room for a tree, in bytes; `stagesInMemory` says where the first build had it.
  init(
    context: HostContext, scratch: VerificationScratch, need: Int64, stagesInMemory: Bool,
    architecture: DebianArchitecture?,
    sourceDate: Int64?
  ) {
    environment = context.environment.filter { HostileBuild.network.contains($0.key) }
    environment.merge(
      [
        "HOME": scratch.home, "TMPDIR": scratch.temporary, "CAPSEM_CACHE_DIR": scratch.cache,
        "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "XYZ-11:30",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
      ]) { $1 }
    environment["SOURCE_DATE_EPOCH"] = sourceDate.map(String.init)
    surroundings.asks = true
    surroundings.isPlain = true
    surroundings.threads = context.processors + 3
    varyHostName(context)
    varyUser(context)
    varyProcessors(context)
    varyStaging(need, inMemory: stagesInMemory, context)
    varyClock(architecture)
    add(
      HostTool("sh", package: "dash"),
      ["-c", "umask 077; cd \"$1\"; shift; exec \"$@\"", "sh", scratch.directory])
  }

  /// What a host may need to reach its mirrors and its Python index.
  private static let network: Set<String> = [
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CURL_CA_BUNDLE",
    "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX",
  ]

  /// Hands on what these variables hold.
  mutating func tell(_ variables: [String], from context: HostContext) {
    for name in variables { environment[name] = context.environment[name] }
  }

  private mutating func add(_ tool: HostTool, _ words: [String]) {
    command.append(tool)
    arguments.append(words)
  }

  private mutating func varyHostName(_ context: HostContext) {
    if context.isRoot {
      add(
        HostTool("unshare", package: "util-linux"),
        ["--uts", "sh", "-c", "hostname elsewhere; exec \"$@\"", "sh"])
    } else {
      notVaried[.hostName] = "only root can give a process another one"
    }
  }

  private mutating func varyUser(_ context: HostContext) {
    guard context.isRoot else {
      notVaried[.user] = "only root can become another user"
      notVaried[.subordinateIDs] = "they are those of the user"
      return
    }
    guard let other = HostileBuild.userWithIDs() else {
      notVaried[.user] = "no other user has sub-ids in /etc/subuid and /etc/subgid"
      notVaried[.subordinateIDs] = "no other user has any"
      return
    }
    user = other
    add(
      HostTool("setpriv", package: "util-linux"),
      ["--reuid", "\(other.id)", "--regid", "\(other.group)", "--init-groups"])
  }

  /// The first ordinary user, by /etc/subuid, who can build.
  private static func userWithIDs() -> OtherUser? {
    func text(_ file: String) -> String { String(decoding: Outputs.text(of: file) ?? [], as: UTF8.self) }
    let (users, groups) = (text("/etc/subuid"), text("/etc/subgid"))
    for line in users.split(separator: "\n") {
      guard let name = line.split(separator: ":").first.map(String.init), let entry = getpwnam(name),
        entry.pointee.pw_uid != 0
      else { continue }
      let (id, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
      let ranges = [users, groups].map { SubordinateIDs.range(in: $0, name: name, id: id) }
      if !ranges.contains(nil) { return OtherUser(name: name, id: id, group: group) }
    }
    return nil
  }

  private mutating func varyProcessors(_ context: HostContext) {
    if context.processors > 1 {
      add(HostTool("taskset", package: "util-linux"), ["-c", "0"])
    } else {
      notVaried[.processors] = "there is one only"
    }
  }

  /// On a disk, if the first build staged in memory. Else half as much again as the tree needs, if that is
  /// free.
  private mutating func varyStaging(_ need: Int64, inMemory: Bool, _ context: HostContext) {
    if inMemory { return }
    let size = need + need / 2
    let free = StagingMemory(of: context).free
    if free > size + (1 << 30) {
      surroundings.memory = size
    } else {
      let reason =
        "a tmpfs of \(size >> 20) MiB does not fit in the \(free >> 20) MiB of memory that are free"
      for circumstance in [Circumstance.stagingFileSystem, .directoryOrder, .freeSpace] {
        notVaried[circumstance] = reason
      }
    }
  }

  private mutating func varyClock(_ architecture: DebianArchitecture?) {
    let triplet = architecture == .arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"
    let library = "/usr/lib/\(triplet)/faketime/libfaketime.so.1"
    if access(library, R_OK) == 0 {
      surroundings.clock = ShiftedClock(library: library, seconds: HostileBuild.clockShift)
    } else {
      let package = "libfaketime" + (architecture.map { ":\($0.rawValue)" } ?? "")
      notVaried[.clock] = "\(library) is not installed: sudo apt-get install \(package)"
    }
  }

  /// Runs a program under these circumstances.
  func run(_ program: String, _ words: [String], cancellation: Cancellation) throws -> HostTool.Result {
    let paths = try zip(command, arguments).flatMap { tool, words in
      guard let path = tool.path else { throw HostToolFailure(tool, .missing) }
      return [path] + words
    }
    return try HostTool(paths[0], package: command[0].package).run(
      Array(paths.dropFirst()) + [program] + words, environment: environment, cancellation: cancellation)
  }
}
