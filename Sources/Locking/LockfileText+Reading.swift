import BuildModel
import Diagnosis
import FileTree
import Toml

/// A lockfile that cannot be read.
package struct LockfileTextError: Diagnosable, Equatable {
  package var position: SourcePosition
  package var reason: String
  package var hint: String

  package var summary: String { "cannot read \(position): \(reason)" }
  package var hints: [String] { [hint] }
}

extension Lockfile {
  /// Reads what `text` writes; `file` only names it in errors. A lockfile comes with a repository, so its
  /// paths, names and digests are checked before anything uses them.
  package init(parsing text: [UInt8], file: String) throws(LockfileTextError) {
    var hint = "`capsem-native lock` writes it anew"
    do throws(TomlProblem) {
      let root = try TomlDocument(parsing: text, file: file).root
      let version = try root.required("version")
      guard try version.integer() == Int64(Lockfile.formatVersion) else {
        hint = "it was written by another version of capsem-native; \(hint)"
        throw TomlProblem(
          "expected version \(Lockfile.formatVersion), found \(try version.integer())", at: version.position)
      }
      try self.init(root)
    } catch {
      throw LockfileTextError(position: error.position, reason: error.reason, hint: hint)
    }
  }

  private init(_ root: TomlTable) throws(TomlProblem) {
    try root.allow([
      "version", "configuration", "requests", "date", "solver", "image_layout", "release", "architecture",
      "build_root",
    ])
    self.init(
      configuration: try root.digest("configuration"), requests: try root.lines("requests"),
      date: try root.time("date"),
      solver: try root.text("solver"), releases: [], architectures: [],
      imageLayout: root["image_layout"] == nil ? nil : Int(try root.size("image_layout")))
    for table in try root.tables("release") {
      let release = try LockedRelease(table)
      try table.distinct("name", releases.contains { $0.name == release.name })
      releases.append(release)
    }
    let names = Set(releases.map(\.name))
    for table in try root.tables("architecture") {
      let architecture = try LockedArchitecture(table, releases: names)
      try table.distinct("name", architectures.contains { $0.name == architecture.name })
      architectures.append(architecture)
    }
    architectures.sort { $0.name < $1.name }
    for table in try root.tables("build_root") {
      let buildRoot = try LockedBuildRoot(table, releases: names)
      try table.distinct("builder", buildRoots.contains { $0.builder == buildRoot.builder })
      buildRoots.append(buildRoot)
    }
    buildRoots.sort { $0.builder < $1.builder }
  }
}

extension LockedRelease {
  fileprivate init(_ table: TomlTable) throws(TomlProblem) {
    try table.allow([
      "name", "image_uri", "suite", "components", "date", "in_release", "in_release_size", "signed_by",
    ])
    self.init(
      name: try table.fileName("name"), imageURI: try table.uri("image_uri"),
      suite: try table.path("suite"),
      components: try table.words("components"), date: try table.time("date"),
      inRelease: try table.digest("in_release"), inReleaseSize: try table.size("in_release_size"),
      signedBy: try table.words("signed_by").sorted())
  }
}

extension LockedArchitecture {
  fileprivate init(_ table: TomlTable, releases: Set<String>) throws(TomlProblem) {
    try table.allow([
      "name", "debian", "python", "kernel", "busybox", "configure", "index", "package", "wheel", "npm",
      "file",
    ])
    self.init(
      name: try table.fileName("name"), debian: try table.word("debian"), indexes: [],
      packages: try table.packages(releases), configureSteps: try table.configureSteps(),
      python: table["python"] == nil ? nil : try table.fileName("python"),
      wheels: [])
    for table in try table.tables("index") { indexes.append(try LockedIndex(table, releases)) }
    kernel = try table.table("kernel").map { table throws(TomlProblem) in try LockedKernel(table, releases) }
    busybox = try table.table("busybox").map { table throws(TomlProblem) in
      try LockedPackage(table, releases)
    }
    var seen: Set<[String]> = []
    for table in try table.tables("wheel") {
      let wheel = try LockedWheel(table)
      try table.distinct("name", !seen.insert([wheel.environment, wheel.name]).inserted)
      wheels.append(wheel)
    }
    wheels.sort { ($0.environment, $0.name) < ($1.environment, $1.name) }
    seen = []
    for table in try table.tables("npm") {
      let package = try LockedNpmPackage(table)
      try table.distinct("place", !seen.insert([package.place]).inserted)
      npm.append(package)
    }
    npm.sort { LockedNpmPackage.precedes($0, $1) }
    for table in try table.tables("file") { files.append(try LockedFile(table)) }
  }
}

extension LockedBuildRoot {
  fileprivate init(_ table: TomlTable, releases: Set<String>) throws(TomlProblem) {
    try table.allow(["builder", "configure", "package"])
    self.init(
      builder: try table.fileName("builder"), packages: try table.packages(releases),
      configureSteps: try table.configureSteps())
  }
}

extension LockedKernel {
  fileprivate init(_ table: TomlTable, _ releases: Set<String>) throws(TomlProblem) {
    try table.allow(["branch", "package", "file"])
    let branch = try table.fileName("branch")
    if let package = try table.table("package") {
      self.init(branch: branch, source: .package(try LockedPackage(package, releases)))
    } else if let file = try table.table("file") {
      self.init(branch: branch, source: .file(try LockedFile(file)))
    } else {
      throw TomlProblem("expected a package or a file", at: table.position)
    }
  }
}

extension TomlTable {
  fileprivate func configureSteps() throws(TomlProblem) -> [ConfigureStep] {
    try tables("configure").map { step throws(TomlProblem) in
      try step.allow(["before", "packages"])
      return ConfigureStep(before: Int(try step.size("before")), packages: try step.words("packages"))
    }
  }

  /// Sorted.
  fileprivate func packages(_ releases: Set<String>) throws(TomlProblem) -> [LockedPackage] {
    var packages: [LockedPackage] = []
    var seen: Set<[String]> = []
    for table in try tables("package") {
      let package = try LockedPackage(table, releases)
      try table.distinct("name", !seen.insert([package.name, package.architecture]).inserted)
      packages.append(package)
    }
    return packages.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
  }
}

extension LockedIndex {
  fileprivate init(_ table: TomlTable, _ releases: Set<String>) throws(TomlProblem) {
    try table.allow(["release", "component", "path", "size", "sha256"])
    self.init(
      release: try table.word("release", among: releases), component: try table.path("component"),
      path: try table.path("path"), size: try table.size("size"), sha256: try table.digest("sha256"))
  }
}

extension LockedPackage {
  fileprivate init(_ table: TomlTable, _ releases: Set<String>) throws(TomlProblem) {
    try table.allow([
      "name", "version", "architecture", "release", "path", "size", "sha256", "essential", "order",
      "installed_size", "needed_by",
    ])
    self.init(
      name: try table.fileName("name"), version: try table.fileName("version"),
      architecture: try table.fileName("architecture"), size: try table.size("size"),
      sha256: try table.digest("sha256"), path: try table.path("path"),
      release: try table.word("release", among: releases),
      essential: try table.boolean("essential") ?? false, order: Int(try table.size("order")),
      installedSize: try table.size("installed_size"),
      neededBy: table["needed_by"] == nil ? nil : try table.fileName("needed_by"))
  }
}

extension LockedNpmPackage {
  fileprivate init(_ table: TomlTable) throws(TomlProblem) {
    try table.allow([
      "place", "name", "version", "url", "size", "sha256", "integrity", "commands", "requested",
      "has_scripts",
    ])
    self.init(
      place: try table.npmPlace("place"), name: try table.npmName("name"),
      version: try table.fileName("version"), url: try table.word("url"), size: try table.size("size"),
      sha256: try table.digest("sha256"), integrity: try table.integrity("integrity"),
      commands: try table.commands("commands"), requested: try table.boolean("requested") ?? false,
      hasScripts: try table.boolean("has_scripts") ?? false)
  }
}

extension LockedFile {
  fileprivate init(_ table: TomlTable) throws(TomlProblem) {
    try table.allow(["owner", "url", "size", "sha256"])
    self.init(
      owner: try table.word("owner"), url: try table.word("url"), size: try table.size("size"),
      sha256: try table.digest("sha256"))
  }
}

extension LockedWheel {
  fileprivate init(_ table: TomlTable) throws(TomlProblem) {
    try table.allow(["environment", "name", "version", "file", "url", "size", "sha256", "requested"])
    self.init(
      environment: try table.fileName("environment"), name: try table.fileName("name"),
      version: try table.fileName("version"), file: try table.fileName("file"),
      url: try table.word("url"), size: try table.size("size"), sha256: try table.digest("sha256"),
      requested: try table.boolean("requested") ?? false)
  }
}
