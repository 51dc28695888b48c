import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Locking
import Store
import Threads
import Transfer

// uv itself: where it comes from, and how it is run.
extension WheelResolution {
  static let hostTarget: PythonTarget = {
    #if arch(arm64)
      let machine = "aarch64"
    #else
      let machine = "x86_64"
    #endif
    guard let host = PythonTarget(python: "3.11", machine: machine, glibcMinor: 31) else {
      preconditionFailure("a known target")
    }
    return host
  }()

  /// uv for this host, out of its wheel.
  func hostUv(_ index: PythonIndexSource) throws -> HostTool {
    let wheel = try newest("uv", "", "uv", WheelResolution.hostTarget, index)
    let path = "\(context.cacheDirectory)/tools/uv-\(wheel.sha256.hex.prefix(16))"
    let tool = HostTool(path, package: "uv")
    if tool.path != nil { return tool }
    _ = try fetch(wheel)
    guard let object = try store.open(wheel.sha256) else {
      throw Report("cannot open \(wheel.file): it left the cache")
    }
    try Workspace.makeDirectories("\(context.cacheDirectory)/tools")
    let archive = try ArchiveReader(.zip, descriptor: object.raw, name: wheel.file)
    while let member = try archive.next() {
      guard member.entry.path.description.hasSuffix(".data/scripts/uv") else { continue }
      // By rename, for several builds may do this at once.
      let temporary = try TemporaryFile(path)
      let name = temporary.path
      do {
        let file = temporary.release()
        try archive.copyContent(to: file.raw)
        try system("set mode of", path) { fchmod(file.raw, 0o755) }
      }
      // Closed by now: a program that is open for writing cannot be executed.
      try system("create", path) { rename(name, path) }
      return tool
    }
    throw ArchiveError(wheel.file, "it holds no uv")
  }

  /// The variables through which a program of the host reaches the network as the host does.
  private static let networkVariables = [
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
  ]

  func run(_ uv: HostTool, _ invocation: PythonResolution.Invocation) throws
    -> PythonResolution.Outcome
  {
    var environment = context.environment.filter { WheelResolution.networkVariables.contains($0.key) }
    environment["PATH"] = HostTool.searchPath.joined(separator: ":")
    environment["HOME"] = context.cacheDirectory
    environment["UV_CACHE_DIR"] = "\(context.cacheDirectory)/uv"
    environment["UV_SYSTEM_CERTS"] = "true"
    environment.merge(invocation.environment) { $1 }
    let scratch = try ScratchDirectory(in: context.cacheDirectory)
    let network = try UvNetwork(
      downloader.settings, index: invocation.environment["UV_DEFAULT_INDEX"] ?? "", in: scratch.path)
    environment.merge(network.environment) { $1 }
    if !invocation.constraints.isEmpty {
      let path = "\(scratch.path)/constraints.txt"
      try Outputs.write(invocation.constraints.map { $0 + "\n" }.joined(), to: path)
      environment["UV_CONSTRAINT"] = path
    }
    if !invocation.configuration.isEmpty {
      let path = "\(scratch.path)/uv.toml"
      try Outputs.write(invocation.configuration, to: path)
      environment["UV_CONFIG_FILE"] = path
    }
    let result = try uv.run(
      invocation.arguments, environment: environment, input: .bytes(Array(invocation.input.utf8)),
      cancellation: cancellation)
    if cancellation.isCancelled { throw Interrupted() }
    let status: Int32 =
      switch result.status {
      case .exited(let code): Int32(code)
      case .killed(let signal): Int32(128 + signal)
      }
    return PythonResolution.Outcome(
      status: status, output: result.output, errors: network.withoutSecrets(result.messages))
  }
}

extension PythonIndexSource {
  /// The index that the host's own clients would ask.
  init(of host: HostContext, cancellation: Cancellation) throws {
    try self.init(environment: host.environment, files: PythonIndexSource.files(of: host)) {
      let python = HostTool("python3", package: "python3")
      guard
        let result = try? python.run(["-c", PythonIndexSource.defaultProgram], cancellation: cancellation),
        result.status == .exited(0)
      else { return nil }
      return String(decoding: result.output, as: UTF8.self)
    }
  }

  /// The one that somebody has configured; nil when pip would ask its default, or nothing usable is named.
  init?(configuredOn host: HostContext) {
    do throws(Report) {
      try self.init(environment: host.environment, files: PythonIndexSource.files(of: host)) { nil }
    } catch {
      return nil
    }
  }

  private static func files(of host: HostContext) -> [ConfigurationFile] {
    let paths = configurationPaths(
      home: host.environment["HOME"], configHome: host.environment["XDG_CONFIG_HOME"])
    return paths.compactMap { path in host.text(of: path).map { ConfigurationFile(path: path, text: $0) } }
  }
}
