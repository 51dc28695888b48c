import CApt
import Glibc

/// What libapt-pkg has read, with the marks that requests leave in it. Used from one thread.
struct PackageCache: ~Copyable {
  private let cache: OpaquePointer

  struct Version {
    var version: String
    /// Name of the Packages file below lists/.
    var index: String
  }

  struct Broken {
    var package: String
    var version: String
    var kind: String
    var relation: String
    var reason: String
  }

  enum Step {
    case unpack(Unpack)
    case configure(String)
  }

  struct Unpack {
    var name: String
    var version: String
    var architecture: String
    var index: String
    var filename: String
    var sha256: String
    var paragraph: String
    var dependencies: [String]
    var size: Int64
    var installedSize: Int64
    var multiArchSame: Bool
  }

  /// Reads the private root that the process has entered. `priorities` are by the names of Packages
  /// files below lists/.
  init(priorities: [(index: String, priority: Int)]) throws(SolverError) {
    let names = priorities.map { strdup($0.index) }
    defer { for name in names { free(name) } }
    let values = zip(names, priorities).map {
      capt_priority(index: $0, priority: CInt(clamping: $1.priority))
    }
    guard let cache = capt_open(values, values.count) else {
      throw SolverError(ofLibrary: "the packages", "the indexes cannot be read")
    }
    self.cache = cache
  }

  deinit { capt_close(cache) }

  func request(_ spec: PackageSpec) -> capt_lookup {
    PackageCache.with(spec) { capt_request_package(cache, $0) }
  }

  func prefer(_ spec: PackageSpec) -> capt_lookup {
    PackageCache.with(spec) { capt_prefer(cache, $0) }
  }

  /// The number of packages that match a pattern of apt-patterns(7); all of them are asked for.
  func request(matching pattern: String) throws(SolverError) -> Int {
    let count = capt_request_matching(cache, pattern)
    if count < 0 { throw SolverError(ofLibrary: pattern, "libapt-pkg cannot match it") }
    return count
  }

  func resolve() -> Bool { capt_resolve(cache) }

  // Strings are copied during the call; `context` points to a local variable that outlives it.

  var names: [String] { list { capt_visit_names(cache, $0, $1) } }
  var indexes: [String] { list { capt_visit_indexes(cache, $0, $1) } }
  /// Installed packages that the marks would remove or replace.
  var changed: [String] { list { capt_visit_changed(cache, $0, $1) } }

  func providers(of name: String) -> [String] { list { capt_visit_providers(cache, name, $0, $1) } }

  func versions(of name: String) -> [Version] {
    var versions: [Version] = []
    withUnsafeMutablePointer(to: &versions) {
      capt_visit_versions(
        cache, name,
        { context, version, index in
          context?.assumingMemoryBound(to: [Version].self).pointee.append(
            Version(version: text(version), index: text(index)))
        }, $0)
    }
    return versions
  }

  var broken: [Broken] {
    var all: [Broken] = []
    withUnsafeMutablePointer(to: &all) {
      capt_visit_broken_packages(
        cache,
        { context, broken in
          guard let broken = broken?.pointee else { return }
          context?.assumingMemoryBound(to: [Broken].self).pointee.append(
            Broken(
              package: text(broken.package), version: text(broken.version), kind: text(broken.kind),
              relation: text(broken.relation), reason: text(broken.reason)))
        }, $0)
    }
    return all
  }

  /// The steps that install what is marked, in libapt-pkg's order.
  func steps() throws(SolverError) -> [Step] {
    var steps: [Step] = []
    let ordered = withUnsafeMutablePointer(to: &steps) {
      capt_visit_steps(
        cache,
        { context, step in
          guard let step = step?.pointee else { return }
          context?.assumingMemoryBound(to: [Step].self).pointee.append(Step(step))
        }, $0)
    }
    if !ordered { throw SolverError(ofLibrary: "the packages", "libapt-pkg cannot order them") }
    return steps
  }

  private func list(_ visit: (capt_visit_name, UnsafeMutableRawPointer) -> Void) -> [String] {
    var names: [String] = []
    withUnsafeMutablePointer(to: &names) {
      visit({ $0?.assumingMemoryBound(to: [String].self).pointee.append(text($1)) }, $0)
    }
    return names
  }

  private static func with(
    _ spec: PackageSpec, _ call: (UnsafePointer<capt_request>) -> capt_lookup
  ) -> capt_lookup {
    spec.name.withCString { name in
      let version = spec.version.flatMap { strdup($0) }
      let release = spec.release.flatMap { strdup($0) }
      defer { free(version); free(release) }
      var request = capt_request(name: name, version: version, release: release)
      return call(&request)
    }
  }
}

extension PackageCache.Step {
  fileprivate init(_ step: capt_step) {
    guard step.operation == CAPT_UNPACK else {
      self = .configure(text(step.name))
      return
    }
    let dependencies = UnsafeBufferPointer(start: step.dependencies, count: step.dependency_count)
    let paragraph = UnsafeRawBufferPointer(start: step.paragraph, count: step.paragraph_length)
    self = .unpack(
      PackageCache.Unpack(
        name: text(step.name), version: text(step.version), architecture: text(step.architecture),
        index: text(step.index), filename: text(step.filename), sha256: text(step.sha256),
        paragraph: String(decoding: paragraph, as: UTF8.self), dependencies: dependencies.map { text($0) },
        size: Int64(clamping: step.size), installedSize: Int64(clamping: step.installed_size),
        multiArchSame: step.multi_arch_same))
  }
}

private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

extension SolverError {
  /// With everything that libapt-pkg has complained about since it was asked last.
  init(ofLibrary subject: String, _ cause: String) {
    self.init(.library, subject, cause, causes: SolverError.libraryProblems())
  }

  /// Errors and warnings; hearing them makes libapt-pkg forget them.
  static func libraryProblems() -> [String] {
    var problems: [String] = []
    var isError = false
    while let problem = capt_next_problem(&isError) {
      problems.append((isError ? "" : "warning: ") + String(cString: problem))
    }
    return problems
  }
}
