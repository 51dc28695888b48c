import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox
import Threads

/// Brings a configured tree to its end state: wheels, Node, uv, providers and the guest's own files,
/// then what sealing does. The order matters, and this is the place where it stands.
package struct Installer {
  package var objects: any ObjectSource
  package var lock: LockedArchitecture
  package var releases: [LockedRelease]
  package var installation: Installation
  package var environment: ScriptEnvironment
  package var threads: Int
  package var events: EventHandler

  package init(
    objects: any ObjectSource, lock: LockedArchitecture, releases: [LockedRelease],
    installation: Installation,
    environment: ScriptEnvironment, threads: Int, events: @escaping EventHandler
  ) {
    self.objects = objects
    self.lock = lock
    self.releases = releases
    self.installation = installation
    self.environment = environment
    self.threads = threads
    self.events = events
  }

  private var date: Timestamp { Timestamp(seconds: environment.sourceDate) }

  /// Begins to unpack the lock's wheels beside the tree, which need not be configured yet; `name` is that of a
  /// directory to make. Nil when one of them is to be built in the tree.
  package func unpackWheelsAhead(in name: String) throws -> WheelsAhead? {
    if lock.wheels.contains(where: \.isSource) { return nil }
    var silent = self
    silent.events = { _ in }
    return try WheelsAhead(named: name) { [silent] root, cancellation in
      try silent.installWheels(silent.lock.wheels, in: root, named: name, cancellation: cancellation)
    }
  }

  /// Everything that is added to Debian's packages, but for the guest's own files: what they are changes
  /// nothing of the rest. `ahead` are this lock's wheels, if they were begun with.
  package func install(
    into configured: consuming ConfiguredTree, wheels ahead: WheelsAhead? = nil
  ) throws -> ConfiguredTree {
    var tree = configured.release()
    let root = tree.root.raw
    if let ahead {
      events(.activity(.install, "wheels"))
      tree.known.merge(try ahead.move(into: root, modified: date))
    } else {
      tree.known.merge(try installWheels(lock.wheels, in: root, named: tree.name))
    }
    tree.known.merge(try installPrograms(in: root))
    try installNpmPackages(tree.name, root)
    try installFetched(tree.name, root)
    for provider in installation.providers { try link(provider, in: root) }
    if installation.certificate != nil {
      try place(installation.withoutOwnFiles.files, in: root)
      try trustCertificate(tree.name, root)
    }
    return ConfiguredTree(tree: tree)
  }

  /// Adds wheels of a lock to a tree that has all its others, sealed: the state before sealing.
  package func add(_ wheels: [LockedWheel], to sealed: consuming SealedTree) throws -> ConfiguredTree {
    var tree = sealed.release()
    tree.known.merge(try installWheels(wheels, in: tree.root.raw, named: tree.name))
    return ConfiguredTree(tree: tree)
  }

  /// Places the guest's own files; comes after everything else, or before `normalise`.
  package func placeOwnFiles(in tree: borrowing Tree) throws {
    events(.activity(.install, "guest files"))
    try place(installation.ownFiles, in: tree.root.raw)
  }

  private func place(_ files: [PlacedFile], in root: CInt) throws {
    try GuestFiles.place(files, in: root, modified: date) { digest, name in
      try objects.open(digest, named: name)
    }
  }

  /// The state of a tree that goes no further: secrets, and what would differ between two builds, are
  /// taken out.
  package func normalise(_ configured: consuming ConfiguredTree) throws -> SealedTree {
    let tree = configured.release()
    try normalise(tree.name, tree.root.raw)
    return SealedTree(tree: tree)
  }

  package func seal(_ installed: consuming ConfiguredTree) throws -> SealedTree {
    let tree = installed.release()
    let root = tree.root.raw
    let sealing = Sealing(root: root, modified: date)
    // After every wheel: a resolver may have replaced certifi.
    if let certificate = installation.certificate, let python = lock.python {
      let content = try objects.open(certificate, named: "capsem-ca.crt")
      let bytes = try readAll(content.raw, named: "capsem-ca.crt")
      try CertificateBundle(certificate: bytes).add(
        to: [PythonScheme.system(python: python).modules], in: root, label: "Capsem", modified: date)
    }
    try placeAptLists(in: root)
    // Last: whatever was installed before, nothing set-id and nothing in /root is left.
    let stripped = try sealing.apply(hostname: installation.hostname)
    for path in stripped { events(.output(.seal, "\(path): set-id bits taken off")) }
    try normalise(tree.name, root)
    return SealedTree(tree: tree)
  }

  private func normalise(_ tree: String, _ root: CInt) throws {
    try InfoDirectory(tree: tree, root: root, environment: environment, modified: date).rebuild()
    try MachineSecrets(root: root, modified: date).remove()
    try Normalisation(root: root, modified: date).apply()
  }

  /// Wheels of the system's Python and of every provider, in one plan.
  private func installWheels(
    _ wheels: [LockedWheel], in root: CInt, named tree: String, cancellation: Cancellation = Cancellation()
  ) throws -> StampedContents {
    guard let python = lock.python else { return StampedContents() }
    let system = PythonScheme.system(python: python)
    let schemes = Dictionary(
      installation.providers.map { ("provider:\($0.key)", scheme(of: $0, python: python)) },
      uniquingKeysWith: { first, _ in first })
    let contents = try DescriptorTable()
    let builder = SourceBuilder(
      tree: tree, root: root, lock: lock, objects: objects, environment: environment, events: events)
    var placements: [WheelPlacement] = []
    for wheel in wheels {
      guard let scheme = wheel.environment == "python" ? system : schemes[wheel.environment] else { continue }
      events(.activity(.install, wheel.name))
      let content: CInt
      var file = wheel.file
      if wheel.isSource {
        content = contents.keep(try Installer.unnamedFile())
        file = try builder.wheel(of: wheel, to: content)
      } else {
        content = contents.keep(try objects.open(wheel.sha256, named: wheel.file))
      }
      let examined = try WheelFile(descriptor: content, file: file)
      if wheel.isSource { try BuiltRequirements(wheel: examined, source: wheel, lock: lock).check() }
      placements.append(WheelPlacement(examined, scheme: scheme, isRequested: wheel.requested))
    }
    events(.activity(.install, "\(placements.count) wheels"))
    let known = try WheelInstaller(root: root, modified: date)
      .install(WheelPlan(placements), threads: threads, cancellation: cancellation)
    withExtendedLifetime(contents) {}
    return known
  }

  /// In the workspace; it goes with its descriptor.
  private static func unnamedFile() throws -> Descriptor {
    let path = "built-wheel"
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
    unlink(path)
    return file
  }

  private func scheme(of provider: ProvidedProgram, python: String) -> PythonScheme {
    PythonScheme.prefix(TreePath(provider.prefix) ?? "opt/ai-clis", python: python)
  }

  /// Node and uv.
  private func installPrograms(in root: CInt) throws -> StampedContents {
    var known = StampedContents()
    let node = NodeInstaller(root: root, modified: date)
    for wheel in lock.wheels where wheel.environment == "node" || wheel.environment == "uv" {
      events(.activity(.install, wheel.name))
      let content = try objects.open(wheel.sha256, named: wheel.file)
      let file = try WheelFile(descriptor: content.raw, file: wheel.file)
      if wheel.environment == "node" {
        known.merge(try node.install(file))
        try node.setGlobalPrefix(installation.npmPrefix)
      } else {
        try UvInstaller(root: root, modified: date).install(file)
      }
      withExtendedLifetime(content.raw) {}
    }
    return known
  }

  private func installNpmPackages(_ tree: String, _ root: CInt) throws {
    if lock.npm.isEmpty { return }
    guard let prefix = TreePath(installation.npmPrefix), !prefix.isRoot else {
      throw Report(
        "cannot install npm packages: expected a directory below /, found \"\(installation.npmPrefix)\"")
    }
    events(.activity(.install, "\(lock.npm.count) npm packages"))
    try NpmInstaller(root: root, prefix: prefix, modified: date)
      .install(lock.npm, threads: threads) { [objects] package in
        try objects.open(package.sha256, named: "\(package.name) \(package.version)")
      }
    let allowed = Set(installation.npmScripts)
    try NpmScripts(tree: tree, root: root, prefix: prefix, environment: environment, modified: date)
      .run(lock.npm.filter { $0.hasScripts && allowed.contains($0.name) }) { events(.output(.install, $0)) }
  }

  private func installFetched(_ tree: String, _ root: CInt) throws {
    let programs = FetchedPrograms(tree: tree, root: root, environment: environment, modified: date)
    for program in installation.fetched {
      events(.activity(.install, program.key))
      try programs.install(
        program, files: lock.files.filter { $0.owner == program.key },
        open: { try objects.open($0.sha256, named: $0.name) }, output: { events(.output(.install, $0)) })
    }
  }

  private func link(_ provider: ProvidedProgram, in root: CInt) throws {
    let base: TreePath
    let packages: [String]
    switch provider.manager {
    case .npm:
      base = NpmInstaller.library(of: TreePath(provider.prefix) ?? .root).appending("node_modules".utf8)
      packages = lock.npm.filter(\.requested).map { "\($0.name) \($0.version)" }
    case .uv, .pip:
      guard let python = lock.python else { return }
      base = scheme(of: provider, python: python).modules
      packages = lock.wheels.filter { $0.environment == "provider:\(provider.key)" }.map(\.file)
    case .apt: (base, packages) = (.root, [])
    // With the files.
    case .curl: return
    }
    try ProviderLinks(
      provider: provider.key, base: base, links: provider.links.map { ($0.name, $0.path) }, packages: packages
    ).make(in: root, modified: date)
  }

  /// The system's store; certifi's copy comes last, in `seal`.
  private func trustCertificate(_ tree: String, _ root: CInt) throws {
    let program: TreePath = "usr/sbin/update-ca-certificates"
    var writer = TreeWriter(root: root)
    guard try writer.exists(program) else {
      throw Report(
        "cannot install the CA certificate: the image has no update-ca-certificates",
        hints: ["add \"ca-certificates\" to packages/apt.toml"])
    }
    let plan = SandboxPlan(
      tree: tree, command: [program.description], environment: environment.variables,
      lent: environment.clock?.library)
    var output: [UInt8] = []
    let status = try Sandbox.run(plan) { if output.count < 1 << 16 { output.append(contentsOf: $0) } }
    guard status.isSuccess else {
      throw Report(
        "cannot install the CA certificate: update-ca-certificates \(status)",
        causes: String(decoding: output, as: UTF8.self).split(separator: "\n").suffix(5).map(String.init))
    }
  }

  private func placeAptLists(in root: CInt) throws {
    let lists = try AptLists(
      releases: releases, indexes: lock.indexes, keyring: "/usr/share/keyrings/debian-archive-keyring.gpg")
    try lists.place(in: root, modified: date) { try objects.open($0, named: "package lists") }
    if let sources = installation.imageSources {
      var writer = TreeWriter(root: root)
      try writer.replaceFile(
        "etc/apt/sources.list.d/debian.sources", with: Array(sources.utf8), modified: date)
    }
  }
}

/// Keeps descriptors open until it goes.
private final class DescriptorTable {
  private var raw: [CInt] = []

  init() throws {
    // One for each wheel; the usual soft limit of 1024 would do for most configs only.
    var limit = rlimit()
    try system("read", "the limit of open files") {
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  func keep(_ descriptor: consuming Descriptor) -> CInt {
    let value = descriptor.release()
    raw.append(value)
    return value
  }

  deinit { for value in raw { close(value) } }
}
