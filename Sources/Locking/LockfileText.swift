import BuildModel
import FileTree
import Toml

extension Lockfile {
  /// The text of `capsem.lock`: TOML, one key a line, sorted, so that a person can review its changes. The
  /// same lockfile gives the same bytes.
  package var text: String {
    var text = LockText()
    text.comment("Written by `capsem-native lock`. Review its changes; do not edit it.")
    text.integer("version", Int64(Lockfile.formatVersion))
    text.string("configuration", configuration.hex)
    text.lines("requests", requests)
    text.dateTime("date", date)
    text.string("solver", solver)
    if let imageLayout { text.integer("image_layout", Int64(imageLayout)) }
    for release in releases { text.release(release) }
    for architecture in architectures.sorted(by: { $0.name < $1.name }) { text.architecture(architecture) }
    for root in buildRoots.sorted(by: { $0.builder < $1.builder }) { text.buildRoot(root) }
    return text.text
  }
}

private struct LockText {
  var text = ""

  mutating func release(_ release: LockedRelease) {
    header("release")
    string("name", release.name)
    if let uri = release.imageURI { string("image_uri", uri) }
    string("suite", release.suite)
    strings("components", release.components)
    dateTime("date", release.date)
    string("in_release", release.inRelease.hex)
    integer("in_release_size", release.inReleaseSize)
    strings("signed_by", release.signedBy.sorted())
  }

  mutating func architecture(_ architecture: LockedArchitecture) {
    header("architecture")
    string("name", architecture.name)
    string("debian", architecture.debian)
    if let python = architecture.python { string("python", python) }
    if let kernel = architecture.kernel { self.kernel(kernel) }
    if let busybox = architecture.busybox {
      single("architecture.busybox")
      package(busybox)
    }
    steps(architecture.configureSteps, of: "architecture")
    for index in architecture.indexes {
      header("architecture.index")
      string("release", index.release)
      string("component", index.component)
      string("path", index.path)
      integer("size", index.size)
      string("sha256", index.sha256.hex)
    }
    packages(architecture.packages, of: "architecture")
    for wheel in architecture.wheels.sorted(by: { ($0.environment, $0.name) < ($1.environment, $1.name) }) {
      header("architecture.wheel")
      string("environment", wheel.environment)
      string("name", wheel.name)
      string("version", wheel.version)
      string("file", wheel.file)
      string("url", wheel.url)
      integer("size", wheel.size)
      string("sha256", wheel.sha256.hex)
      if wheel.requested { text += "requested = true\n" }
    }
    for package in architecture.npm.sorted(by: { LockedNpmPackage.precedes($0, $1) }) {
      header("architecture.npm")
      string("place", package.place)
      string("name", package.name)
      string("version", package.version)
      string("url", package.url)
      integer("size", package.size)
      string("sha256", package.sha256.hex)
      string("integrity", package.integrity.text)
      if !package.commands.isEmpty { table("commands", package.commands) }
      if package.requested { text += "requested = true\n" }
      if package.hasScripts { text += "has_scripts = true\n" }
    }
    for file in architecture.files {
      header("architecture.file")
      self.file(file)
    }
  }

  mutating func buildRoot(_ root: LockedBuildRoot) {
    header("build_root")
    string("builder", root.builder)
    steps(root.configureSteps, of: "build_root")
    packages(root.packages, of: "build_root")
  }

  mutating func kernel(_ kernel: LockedKernel) {
    single("architecture.kernel")
    string("branch", kernel.branch)
    switch kernel.source {
    case .package(let package):
      single("architecture.kernel.package")
      self.package(package)
    case .file(let file):
      single("architecture.kernel.file")
      self.file(file)
    }
  }

  mutating func steps(_ steps: [ConfigureStep], of table: String) {
    for step in steps {
      header("\(table).configure")
      integer("before", Int64(step.before))
      strings("packages", step.packages)
    }
  }

  mutating func packages(_ packages: [LockedPackage], of table: String) {
    for package in packages.sorted(by: { ($0.name, $0.architecture) < ($1.name, $1.architecture) }) {
      header("\(table).package")
      self.package(package)
    }
  }

  mutating func package(_ package: LockedPackage) {
    string("name", package.name)
    string("version", package.version)
    string("architecture", package.architecture)
    string("release", package.release)
    string("path", package.path)
    integer("size", package.size)
    string("sha256", package.sha256.hex)
    if package.essential { text += "essential = true\n" }
    integer("order", Int64(package.order))
    integer("installed_size", package.installedSize)
    if let other = package.neededBy { string("needed_by", other) }
  }

  mutating func file(_ file: LockedFile) {
    string("owner", file.owner)
    string("url", file.url)
    integer("size", file.size)
    string("sha256", file.sha256.hex)
  }

  mutating func comment(_ line: String) { text += "# \(line)\n" }

  mutating func header(_ name: String) { text += "\n[[\(name)]]\n" }

  mutating func single(_ name: String) { text += "\n[\(name)]\n" }

  mutating func string(_ key: String, _ value: String) { text += "\(key) = \(TomlText.string(value))\n" }

  mutating func strings(_ key: String, _ values: [String]) {
    text += "\(key) = \(TomlText.strings(values))\n"
  }

  /// One value a line.
  mutating func lines(_ key: String, _ values: [String]) {
    text += "\(key) = [\n" + values.map { "  \(TomlText.string($0)),\n" }.joined() + "]\n"
  }

  mutating func table(_ key: String, _ values: [String: String]) {
    let members = values.sorted { $0.key < $1.key }.map {
      "\(TomlText.string($0.key)) = \(TomlText.string($0.value))"
    }
    text += "\(key) = { \(members.joined(separator: ", ")) }\n"
  }

  mutating func integer(_ key: String, _ value: Int64) { text += "\(key) = \(value)\n" }

  mutating func dateTime(_ key: String, _ seconds: Int64) {
    text += "\(key) = \(CalendarTime(secondsSince1970: seconds))\n"
  }
}
