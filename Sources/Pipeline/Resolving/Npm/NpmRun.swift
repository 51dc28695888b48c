import Diagnosis
import FileTree
import Glibc
import Installing
import Json
import Sandbox

/// The worker's side of resolving npm packages: Node in a root of its own, which has the host's
/// libraries and nothing else of the host, and a registry that the host answers for.
struct NpmRun {
  var order: NpmOrder
  var link: WorkerLink

  private static let tree = "tree"
  private static let project = "project"
  private static let modules = "/usr/local/lib/node_modules/npm"

  func run() throws -> WorkerResult {
    try makeRoot()
    let listener = try LoopbackListener()
    let defaultRegistry = try order.asksForRegistry ? askForRegistry() : nil
    // Answered once the host listens.
    _ = try link.need(.registry(defaultRegistry), sending: listener.raw)
    try resolve(port: listener.port)
    let lock = try contents("\(NpmRun.tree)/\(NpmRun.project)/package-lock.json")
    return WorkerResult(
      peakMemory: WorkerResult.ownPeakMemory(),
      npm: NpmAnswer(lock: String(decoding: lock, as: UTF8.self), unfit: try unfit()))
  }

  // MARK: The root

  private func makeRoot() throws {
    try system("create", "a root for npm") { mkdir(NpmRun.tree, 0o755) }
    let root = try Descriptor(opening: NpmRun.tree, O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: root.raw)
    for path: TreePath in ["usr/local", "tmp", "project", "home"] { try writer.makeDirectories(path) }
    let wheel = try link.open(order.node, named: order.nodeFile)
    try NodeInstaller(root: root.raw, modified: Timestamp(seconds: 0))
      .install(WheelFile(descriptor: wheel.raw, file: order.nodeFile))
    for name in ["usr/lib", "usr/lib32", "usr/lib64", "lib", "lib32", "lib64"] {
      try lend(name, &writer)
    }
    let manifest = Array(order.manifest.utf8)
    try writer.replaceFile("project/package.json", with: manifest, modified: Timestamp(seconds: 0))
  }

  /// The host's libraries, unwritable; where a name is a link on the host, it is one here.
  private func lend(_ name: String, _ writer: inout TreeWriter) throws {
    var information = stat()
    guard lstat("/\(name)", &information) == 0 else { return }
    let path = TreePath(stringLiteral: name)
    if information.st_mode & S_IFMT == S_IFLNK {
      var target = [UInt8](repeating: 0, count: 4096)
      let count = try system("read the link", "/\(name)") {
        target.withUnsafeMutableBytes { readlink("/\(name)", $0.baseAddress!, $0.count) }
      }
      let text = Array(target[..<count])
      try writer.makeSymbolicLink(
        FileEntry(path: path, kind: .symbolicLink(target: text), mode: 0o777), target: text)
      return
    }
    guard information.st_mode & S_IFMT == S_IFDIR else { return }
    try writer.makeDirectories(path)
    let place = "\(NpmRun.tree)/\(name)"
    try system("lend", "/\(name)") {
      mount("/\(name)", place, nil, UInt(MS_BIND | MS_REC), nil)
    }
    // Flags that the mount has already may not be taken off in a user namespace (mount_namespaces(7)).
    var status = statvfs()
    try system("examine", place) { statvfs(place, &status) }
    let kept =
      UInt(status.f_flag) & UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC)
      | (UInt(status.f_flag) & UInt(MS_NOATIME | MS_NODIRATIME))
    try system("make unwritable", place) {
      mount(nil, place, nil, UInt(MS_REMOUNT | MS_BIND | MS_RDONLY) | kept, nil)
    }
  }

  // MARK: npm

  /// The registry that npm asks when nobody has named one.
  private func askForRegistry() throws -> String {
    let output = try npm(["config", "get", "registry"], port: nil)
    guard let line = output.split(whereSeparator: \.isNewline).last else {
      throw Report("cannot find npm's default registry: npm named none")
    }
    return line.trimmed
  }

  private func resolve(port: Int) throws {
    _ = try npm(
      ["install", "--package-lock-only", "--ignore-scripts", "--install-strategy=shallow"], port: port)
  }

  /// Runs npm; `port` is where its registry listens. Returns what it said.
  private func npm(_ arguments: [String], port: Int?) throws -> String {
    var environment = NpmRun.environment
    if let port {
      environment += [
        ("npm_config_registry", "http://127.0.0.1:\(port)/"), ("npm_config_replace_registry_host", "always"),
      ]
    }
    let (status, output) = try node([NpmRun.modules + "/bin/npm-cli.js"] + arguments, environment)
    if status.isSuccess { return output }
    let address = port.map { "http://127.0.0.1:\($0)/" } ?? "\n"
    throw Report(
      "cannot resolve npm packages: npm \(status)", causes: NpmRun.errors(in: output, from: address))
  }

  /// What npm says of its failure, without its own frame and without our address.
  private static func errors(in output: String, from address: String) -> [String] {
    let prefixes = ["npm error ", "npm ERR! "]
    let lines = output.split(whereSeparator: \.isNewline).map { $0.replacing(address, with: "") }
    let errors = lines.compactMap { line in
      prefixes.first(where: line.hasPrefix).map { String(line.dropFirst($0.count)) }
    }.filter { !$0.contains("complete log of this run") && !$0.trimmed.isEmpty }
    return Array((errors.isEmpty ? lines.map(String.init) : errors).suffix(20))
  }

  /// No clock, no terminal, no news: what it says depends on the packages alone. Who asks the registry for
  /// it has tried again where that helps; npm would wait a minute for the same answer.
  private static let environment: [(name: String, value: String)] = [
    ("PATH", "/usr/local/bin"), ("HOME", "/home"), ("TMPDIR", "/tmp"), ("LC_ALL", "C.UTF-8"),
    ("NODE_DISABLE_COMPILE_CACHE", "1"), ("npm_config_cache", "/tmp/cache"), ("npm_config_audit", "false"),
    ("npm_config_fund", "false"), ("npm_config_update_notifier", "false"), ("npm_config_loglevel", "error"),
    ("npm_config_progress", "false"), ("npm_config_color", "false"), ("npm_config_fetch_retries", "0"),
  ]

  private func node(_ arguments: [String], _ environment: [(name: String, value: String)]) throws
    -> (status: ExitStatus, output: String)
  {
    let plan = SandboxPlan(
      tree: NpmRun.tree, command: ["/usr/local/bin/node"] + arguments, environment: environment,
      directory: "/\(NpmRun.project)")
    var output: [UInt8] = []
    let status = try Sandbox.run(plan) { if output.count < 1 << 18 { output.append(contentsOf: $0) } }
    return (status, String(decoding: output, as: UTF8.self))
  }

  // MARK: Platforms

  /// npm's own module decides what fits, as it does when it installs.
  private static let check = """
    const fs = require("fs");
    const npm = "\(modules)";
    const { checkEngine, checkPlatform } = require(npm + "/node_modules/npm-install-checks");
    const { version } = require(npm + "/package.json");
    const { packages } = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
    const answer = {};
    for (const [name, platform] of Object.entries(JSON.parse(process.argv[1]))) {
      answer[name] = Object.keys(packages).filter((place) => {
        const entry = packages[place];
        try {
          // An engine that does not fit keeps away what is optional, and is a warning otherwise.
          if (entry.optional) checkEngine(entry, version, process.version);
          if (place) checkPlatform(entry, false, platform);
          return false;
        } catch (error) {
          return true;
        }
      });
    }
    fs.writeSync(3, JSON.stringify(answer));
    """

  private func unfit() throws -> [String: [String]] {
    let platforms = JSONText.object(
      order.platforms.sorted { $0.key < $1.key }.map { name, platform in
        (
          name,
          .object([
            ("os", .string(platform.os)), ("cpu", .string(platform.cpu)), ("libc", .string(platform.libc)),
          ])
        )
      })
    let plan = SandboxPlan(
      tree: NpmRun.tree, command: ["/usr/local/bin/node", "-e", NpmRun.check, platforms.line],
      environment: NpmRun.environment, directory: "/\(NpmRun.project)")
    var (output, answer): ([UInt8], [UInt8]) = ([], [])
    let status = try Sandbox.run(
      plan, output: { if output.count < 1 << 16 { output.append(contentsOf: $0) } },
      status: { answer.append(contentsOf: $0) })
    guard status.isSuccess, let members = try JSONValue(parsing: answer, named: "npm's answer").members else {
      throw Report(
        "cannot choose npm packages for \(order.platforms.keys.sorted().joined(separator: ", ")): node \(status)",
        causes: String(decoding: output, as: UTF8.self).split(separator: "\n").suffix(10).map(String.init))
    }
    return members.mapValues { ($0.array ?? []).compactMap(\.string).sorted() }
  }

  private func contents(_ path: String) throws -> [UInt8] {
    let file = try Descriptor(opening: path, O_RDONLY)
    return try readAll(file.raw, named: "npm's lockfile")
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

/// A listening socket on this network's loopback, at a port of the kernel's choice.
struct LoopbackListener: ~Copyable {
  private let socket: Descriptor
  let port: Int

  init() throws(SystemFailure) {
    let (raw, port) = try LoopbackListener.listening()
    self.socket = Descriptor(owning: raw)
    self.port = port
  }

  var raw: CInt { socket.raw }

  private static func listening() throws(SystemFailure) -> (CInt, Int) {
    let raw = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    if raw < 0 { throw SystemFailure("create", "a socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(raw, address, length) == 0 && getsockname(raw, address, &length) == 0 && listen(raw, 64) == 0
      }
    }
    if isListening { return (raw, Int(UInt16(bigEndian: address.sin_port))) }
    let failure = SystemFailure("listen on", "the loopback interface")
    close(raw)
    throw failure
  }
}
