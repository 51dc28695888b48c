import CApt
import Diagnosis
import FileTree

/// Chooses packages as `mmdebstrap --variant=minbase` and its apt-get do, and puts them in their
/// order: first the Essential packages into an empty system, then all others into the one that these
/// make. libapt-pkg does the thinking, twice.
package enum Solver {
  /// `scratch` is an empty directory for a private root; what is left in it tells how it came about.
  /// libapt-pkg's globals serve one solution in the life of a process: `SolveChild` has its own.
  package static func solve(_ request: SolverRequest, scratch: String) throws -> Solution {
    let native = request.architecture
    let specs = try PackageSpec.all(request.packages, architecture: native)
    let early = try PackageSpec.all(request.essentialRequests, architecture: native)
    let preferences = try PackageSpec.all(request.preferences, architecture: native)
    let late = try PackageSpec.all(request.baseRequests, architecture: native)
    let root = try PrivateRoot(in: scratch, for: request)
    try root.enter(architecture: native, installsRecommends: request.installsRecommends)

    var run = Run(request: request, root: root, preferences: preferences)
    try run.installEssential(beside: early, preferring: specs.filter(\.choosesVersion))
    try run.installOthers(specs, beside: late)
    return Solution(
      packages: run.packages, configureSteps: run.configureSteps,
      library: String(cString: capt_library_version()))
  }
}

/// Two resolutions over one root, and what they have chosen so far.
private struct Run {
  let request: SolverRequest
  let root: PrivateRoot
  let preferences: [PackageSpec]
  var packages: [Solution.Package] = []
  var configureSteps: [Solution.Step] = []

  /// The arguments that mmdebstrap gives to apt-get, but for the suite: sources are explicit here.
  private var essentialPattern: String { "?narrow(?architecture(\(request.architecture)),?essential)" }
  private var requiredPattern: String {
    "?narrow(?architecture(\(request.architecture)),?and(?priority(required),?not(?essential)))"
  }

  /// `preferred` decides on versions of Essential packages, too: afterwards it would be too late.
  mutating func installEssential(beside extras: [PackageSpec], preferring preferred: [PackageSpec]) throws {
    let cache = try PackageCache(priorities: priorities)
    try checkIndexes(of: cache)
    prefer(in: cache)
    for spec in preferred { try check(cache.prefer(spec), spec, in: cache) }
    if try cache.request(matching: essentialPattern) == 0 {
      throw SolverError(
        .noEssentialPackages, "the base system", "no package of the sources is Essential",
        hints: ["name a source that has a whole distribution"])
    }
    try request(optional: extras, in: cache)
    try resolve(cache)
    var paragraphs: [(name: String, paragraph: String)] = []
    for case .unpack(let step) in try cache.steps() {
      paragraphs.append((step.name, step.paragraph))
      try add(step, essential: true)
    }
    try root.setStatus(StatusFile.text(of: paragraphs))
  }

  mutating func installOthers(_ specs: [PackageSpec], beside extras: [PackageSpec]) throws {
    let cache = try PackageCache(priorities: priorities)
    prefer(in: cache)
    for spec in specs { try check(cache.request(spec), spec, in: cache) }
    _ = try cache.request(matching: requiredPattern)
    try request(optional: extras, in: cache)
    try resolve(cache)
    var configures = false
    for step in try cache.steps() {
      switch step {
      case .unpack(let step):
        configures = false
        try add(step, essential: false)
      case .configure(let name):
        // Neighbours go into one call of dpkg.
        if configures {
          configureSteps[configureSteps.count - 1].packages.append(name)
        } else {
          configureSteps.append(Solution.Step(before: packages.count, packages: [name]))
        }
        configures = true
      }
    }
  }

  /// What the sources do not have any more cannot be preferred.
  private func prefer(in cache: borrowing PackageCache) {
    for spec in preferences { _ = cache.prefer(spec) }
  }

  private var priorities: [(index: String, priority: Int)] {
    root.indexes.compactMap { name, placed in placed.source.priority.map { (name, $0) } }
  }

  private func request(optional specs: [PackageSpec], in cache: borrowing PackageCache) throws {
    for spec in specs {
      let outcome = cache.request(spec)
      if outcome != CAPT_NO_PACKAGE { try check(outcome, spec, in: cache) }
    }
  }

  private mutating func add(_ step: PackageCache.Unpack, essential: Bool) throws(SolverError) {
    guard let placed = root.indexes[step.index], let digest = Digest(hex: step.sha256) else {
      throw SolverError(.library, "\(step.name) \(step.version)", "\(step.index) has no good SHA256 for it")
    }
    packages.append(
      Solution.Package(
        name: step.name, version: step.version, architecture: step.architecture,
        source: placed.source.name, component: placed.index.component, filename: step.filename,
        size: step.size, installedSize: step.installedSize, sha256: digest, essential: essential,
        multiArchSame: step.multiArchSame, order: packages.count,
        dependsOn: Set(step.dependencies).subtracting([step.name]).sorted()))
  }
}

// MARK: - What is wrong

extension Run {
  /// libapt-pkg passes over an index that it does not find under the name it expects.
  private func checkIndexes(of cache: borrowing PackageCache) throws(SolverError) {
    let read = Set(cache.indexes)
    for (name, placed) in root.indexes.sorted(by: { $0.key < $1.key }) where !read.contains(name) {
      throw SolverError(
        .unreadIndex, "\(placed.index.component) of \(placed.source.name)",
        "libapt-pkg does not find it as \(name)")
    }
  }

  private func check(
    _ outcome: capt_lookup, _ spec: PackageSpec, in cache: borrowing PackageCache
  ) throws(SolverError) {
    func known() -> [String] {
      cache.versions(of: spec.name).map {
        "\($0.version) is in \(root.indexes[$0.index]?.source.name ?? $0.index)"
      }
    }
    switch outcome {
    case CAPT_FOUND: return
    case CAPT_NO_PACKAGE:
      let names = nearestNames(to: spec.name, among: cache.names)
      throw SolverError(
        .unknownPackage, spec.text, "no source has a package of that name",
        hints: names.isEmpty ? [] : ["did you mean \(names.joined(separator: ", "))?"])
    case CAPT_VIRTUAL:
      let names = cache.providers(of: spec.name)
      throw SolverError(
        .virtualPackage, spec.text, "it is a virtual package",
        hints: names.isEmpty ? [] : ["name one that provides it: \(names.joined(separator: ", "))"])
    case CAPT_NO_CANDIDATE:
      throw SolverError(
        .noCandidate, spec.text, "priorities forbid every version", causes: known(),
        hints: ["raise the priority of a source, or name a version"])
    case CAPT_NO_VERSION:
      throw SolverError(.unknownVersion, spec.text, "no source has that version", causes: known())
    case CAPT_NO_RELEASE:
      throw SolverError(.unknownRelease, spec.text, "no source of that release has it", causes: known())
    default:
      throw SolverError(ofLibrary: spec.text, "libapt-pkg cannot look it up")
    }
  }

  private func resolve(_ cache: borrowing PackageCache) throws(SolverError) {
    if cache.resolve() { return }
    let broken = cache.broken
    if let first = broken.first {
      let (said, reason) = Run.words(for: first)
      throw SolverError(
        .unsatisfiable, "\(first.package) \(first.version)", "it \(said)\(reason)",
        causes: broken.dropFirst().map { other in
          let (said, reason) = Run.words(for: other)
          return "\(other.package) \(other.version) \(said)\(reason)"
        })
    }
    let changed = cache.changed
    if !changed.isEmpty {
      throw SolverError(
        .unsatisfiable, "the packages",
        "they would replace or remove \(changed.joined(separator: ", ")) of the base system",
        causes: SolverError.libraryProblems())
    }
    throw SolverError(ofLibrary: "the packages", "no set of them has all that it depends on")
  }

  private static func words(for broken: PackageCache.Broken) -> (said: String, reason: String) {
    let verb =
      switch broken.kind {
      case "Depends": "depends on"
      case "PreDepends": "pre-depends on"
      case "Recommends": "recommends"
      case "Conflicts": "conflicts with"
      case "Breaks": "breaks"
      default: "has \(broken.kind)"
      }
    return ("\(verb) \(broken.relation)", broken.reason.isEmpty ? "" : ", but \(broken.reason)")
  }
}
