import BuildModel
import Diagnosis
import FileTree

/// The parts of a config that one result depends on, as text: two configs with the same text give the same
/// result. Comments, order where it means nothing, and keys that only the host reads are not in it. The
/// text is for digests and for showing what changed; nothing reads it back.
package struct ConfigurationIdentity: Sendable, Equatable {
  /// One statement a line, sorted where order means nothing.
  package private(set) var text: String
  /// Where the config makes a statement, of those that stand for one line of it.
  package private(set) var positions: [String: SourcePosition] = [:]

  package var digest: Digest { Digest(of: text) }

  package var statements: [String] { text.split(separator: "\n").map(String.init) }

  /// What decides which packages are locked: `Lockfile.configuration`.
  package init(resolving configuration: GuestConfiguration) throws(GuestConfigError) {
    let plan = InstallPlan(configuration)
    let apt = configuration.build.apt
    self.init("resolve", 1)
    state("suite", try configuration.debianSuite())
    state("mirror", apt.mirror?.value)
    state("security-mirror", apt.securityMirror?.value)
    state("snapshot", apt.snapshot?.value)
    // Without a moment it only serves what other places have dropped.
    if apt.snapshot != nil { state("snapshot-mirror", apt.snapshotMirror?.value) }
    state("keyring", apt.keyring?.value)
    state("recommends", "\(apt.recommends)")
    for source in apt.sources {
      state(
        "source", source.uris.map(\.value), source.suites.map(\.value), source.components,
        [source.signedBy?.value ?? ""], [source.pin.map { "\($0)" } ?? ""])
    }
    for request in plan.apt.sorted(by: { $0.text < $1.text }) {
      state("apt", request.text)
      place(request.position)
    }
    for request in plan.python.sorted(by: { $0.requirement < $1.requirement }) {
      state("python", request.requirement)
      place(request.position)
    }
    for constraint in plan.pythonConstraints.sorted(by: { $0.value < $1.value }) {
      state("python-constraint", constraint.value)
      place(constraint.position)
    }
    for source in plan.pythonSources.sorted(by: { $0.value < $1.value }) {
      state("python-sdist", source.value)
      place(source.position)
    }
    for request in plan.npm.sorted(by: { $0.text < $1.text }) {
      state("npm", request.text)
      place(request.position)
    }
    state("npm-registry", configuration.build.npm.registry?.value)
    for program in plan.fetched.sorted(by: { $0.key < $1.key }) {
      for file in program.files {
        state("file", program.key, file.url.value, file.digest?.hex ?? "")
        place(file.url.position)
      }
    }
    for program in plan.providers.sorted(by: { $0.key < $1.key })
    where program.manager == .uv || program.manager == .pip {
      for package in program.packages {
        state("provider-package", program.key, package.value)
        place(package.position)
      }
      for constraint in program.constraints.sorted(by: { $0.value < $1.value }) {
        state("provider-constraint", program.key, constraint.value)
        place(constraint.position)
      }
      for source in program.sources.sorted(by: { $0.value < $1.value }) {
        state("provider-sdist", program.key, source.value)
        place(source.position)
      }
    }
    state("node-source", configuration.build.node.source?.value)
    for architecture in configuration.build.architectures.sorted(by: { $0.name < $1.name }) {
      let debian = try configuration.debianArchitecture(of: architecture)
      state("architecture", architecture.name, debian.rawValue, "\(architecture.nodeMajor)")
    }
  }

  /// What configuring depends on beside the locked packages.
  package init(configuring architecture: GuestArchitecture, of configuration: GuestConfiguration)
    throws(GuestConfigError)
  {
    self.init("configure", 1)
    state("architecture", try configuration.debianArchitecture(of: architecture).rawValue)
    state("suite", try configuration.debianSuite())
  }

  /// What installing into the configured tree depends on beside what is locked, and beside the bytes of
  /// the guest's artifacts.
  package init(installing architecture: GuestArchitecture, of configuration: GuestConfiguration) {
    let plan = InstallPlan(configuration)
    let build = configuration.build
    self.init("install", 1)
    state("architecture", architecture.name, "\(architecture.nodeMajor)")
    state("node-source", build.node.source?.value)
    state("image-sources", build.apt.imageSources)
    for requirement in plan.python.map(\.requirement).sorted() { state("python", requirement) }
    for request in plan.npm.sorted(by: { $0.text < $1.text }) { state("npm", request.text) }
    state("npm-prefix", plan.npmPrefix)
    for name in plan.npmScripts.sorted() { state("npm-scripts", name) }
    // In the config's order: installers run one after the other.
    for program in plan.fetched {
      state("program", program.key, program.prefix)
      for file in program.files { state("file", program.key, file.url.value, file.digest?.hex ?? "") }
      for link in program.links.sorted(by: { $0.name < $1.name }) {
        state("program-link", program.key, link.name, link.text)
      }
    }
    for program in plan.providers where program.manager != .curl {
      state("provider", program.key, program.manager.rawValue, program.prefix)
      for package in program.packages { state("provider-package", program.key, package.value) }
      for link in program.links.sorted(by: { $0.name < $1.name }) {
        state("provider-link", program.key, link.name, link.text)
      }
    }
    state("binaries", "\(build.guest.binaries)")
    state("ca", "\(build.guest.ca)", configuration.environment.tls.caBundle)
  }

  /// What the file system's bytes depend on beside the tree.
  package init(imaging configuration: GuestConfiguration) {
    let image = configuration.build.image
    self.init("image", 1)
    state("label", image.label)
    switch image.size {
    case .minimal: state("size", "minimal", "\(image.headroom.bytes)")
    case .bytes(let size): state("size", "\(size.bytes)", "\(image.headroom.bytes)")
    }
  }

  /// What the transport copy's bytes depend on beside the image.
  package init(compressing configuration: GuestConfiguration) {
    self.init("compress", 1)
    state("compress", configuration.build.image.compress?.rawValue)
    state("level", "\(configuration.build.compressionLevel)")
  }

  /// What `tool-versions.txt` depends on beside the image.
  package init(askingVersionsOf configuration: GuestConfiguration) {
    let commands = VersionCommands(configuration)
    self.init("versions", 1)
    for (section, commands) in [
      ("system", commands.system), ("python", commands.python), ("providers", commands.providers),
    ] {
      for command in commands { state(section, command.name, command.text) }
    }
  }

  /// What the manifest says beside the assets, and under which names they are published.
  package init(publishing configuration: GuestConfiguration) {
    self.init("publish", 1)
    state("publish-as", configuration.build.image.publishAs)
    state("host", configuration.build.host.version)
  }

  /// What a kernel depends on beside its options.
  package init(compiling architecture: GuestArchitecture, of configuration: GuestConfiguration) {
    let kernel = configuration.build.kernel
    self.init("kernel", 1)
    state("architecture", architecture.name)
    state("image", architecture.kernelImage)
    if kernel.version == nil { state("branch", architecture.kernelBranch) }
    state("version", kernel.version?.value)
    state("source", kernel.source?.value)
    state("sha256", kernel.sha256?.value.hex)
  }

  /// `version` changes when the meaning of the same values does.
  private init(_ part: String, _ version: Int) {
    text = "capsem-native \(part) \(version)\n"
  }

  /// Of the last statement.
  private mutating func place(_ position: SourcePosition) {
    if let last = text.split(separator: "\n").last { positions[String(last)] = position }
  }

  private mutating func state(_ word: String, _ value: String?) {
    if let value { state(word, [value]) }
  }

  private mutating func state(_ word: String, _ values: String...) { state(word, values) }

  /// A group of several values shows its size, so that no two statements look alike.
  private mutating func state(_ word: String, _ groups: [String]...) {
    text += word
    for group in groups {
      if groups.count > 1 { text += " \(group.count)" }
      for value in group { text += " \(quoted(value))" }
    }
    text += "\n"
  }

  private func quoted(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
