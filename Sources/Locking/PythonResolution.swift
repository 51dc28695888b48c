import BuildModel
import FileTree

/// One `[[packages]]` of a `pylock.toml` (PEP 751), as far as a lock of wheels needs it.
package struct PylockPackage: Sendable, Equatable {
  package var name: String
  package var version: String
  /// Empty when the package is needed everywhere.
  package var marker: String
  package var wheels: [OfferedWheel]
  /// Whether it can also be had as source, which is never built.
  package var hasSource: Bool

  package init(name: String, version: String, marker: String, wheels: [OfferedWheel], hasSource: Bool) {
    self.name = name
    self.version = version
    self.marker = marker
    self.wheels = wheels
    self.hasSource = hasSource
  }
}

/// Resolves requirements to one exact wheel a package, with uv doing the resolution.
package struct PythonResolution: Sendable {
  /// One run of uv.
  package struct Invocation: Sendable, Equatable {
    package var arguments: [String]
    /// To be added to the child's environment. The index's address goes this way, for it may hold
    /// credentials and arguments are seen by every user of the machine.
    package var environment: [String: String]
    package var input: String
    /// `name==version` of what shall have this version if it is installed: lines of a file that
    /// `UV_CONSTRAINT` names.
    package var constraints: [String]
  }

  package struct Outcome: Sendable, Equatable {
    package var status: Int32
    package var output: [UInt8]
    package var errors: String

    package init(status: Int32, output: [UInt8], errors: String) {
      self.status = status
      self.output = output
      self.errors = errors
    }
  }

  private let index: PythonIndexSource
  private let target: PythonTarget

  package init(index: PythonIndexSource, target: PythonTarget) {
    self.index = index
    self.target = target
  }

  /// `requirements` are as the config writes them: "numpy", "rich==13.9.4", "httpx[http2]>=0.27".
  package func invocation(for requirements: [String], constraints: [String] = []) -> Invocation {
    Invocation(
      arguments: [
        "pip", "compile", "-", "--format", "pylock.toml", "--no-header", "--no-annotate",
        "--only-binary", ":all:", "--python-version", target.python,
        "--python-platform", target.uvPlatform, "--no-config", "--no-progress", "--color", "never",
        "--no-python-downloads", "--system",
      ],
      environment: ["UV_DEFAULT_INDEX": index.address],
      input: requirements.map { $0 + "\n" }.joined(), constraints: constraints)
  }

  /// Resolves and chooses. The wheels come sorted by name; those that `requirements` name are marked
  /// as requested. Empty requirements ask nobody.
  package func wheels(
    for requirements: [String], environment: String, constraints: [String] = [],
    run: (Invocation) throws -> Outcome
  ) throws -> [LockedWheel] {
    if requirements.isEmpty { return [] }
    if let bad = requirements.first(where: { $0.contains(where: \.isNewline) || $0.hasPrefix("-") }) {
      throw PythonLockingError("cannot resolve Python packages: \"\(bad)\" is not a requirement")
    }
    var outcome = try run(invocation(for: requirements, constraints: constraints))
    // What moves may need something else to move: then all may.
    if outcome.status != 0 && !constraints.isEmpty { outcome = try run(invocation(for: requirements)) }
    guard outcome.status == 0 else {
      let lacksWheel = outcome.errors.contains("has no usable wheels")
      let remedy = "ask for a version that has a wheel for \(target.words): nothing is built from source"
      throw PythonLockingError(
        "cannot resolve Python packages for \(target.words): uv exited with status \(outcome.status)",
        causes: outcome.errors.split(whereSeparator: \.isNewline).suffix(20).map(hidingCredentials),
        hints: (lacksWheel ? [remedy] : []) + ["the index is the one of \(index.origin)"])
    }
    let packages = try PylockPackage.packages(parsing: outcome.output)
    return try choose(from: packages, requested: requirements, environment: environment)
  }

  package func choose(
    from packages: [PylockPackage], requested requirements: [String], environment: String
  ) throws(PythonLockingError) -> [LockedWheel] {
    let requested = Set(requirements.map(PythonResolution.name))
    var wheels: [LockedWheel] = []
    for package in packages {
      if !package.marker.isEmpty {
        guard let marker = PythonMarker(package.marker) else {
          throw PythonLockingError(
            "cannot lock \(package.name) \(package.version): unknown marker \"\(package.marker)\"")
        }
        if !marker.holds(on: target) { continue }
      }
      guard let wheel = target.best(of: package.wheels) else { throw missing(package) }
      guard let sha256 = wheel.sha256, let size = wheel.size else {
        throw PythonLockingError(
          "cannot lock \(package.name) \(package.version): the index gives no SHA-256 and size of \(wheel.file)"
        )
      }
      let name = WheelName.normalized(package.name)
      if let known = wheels.first(where: { $0.name == name }) {
        throw PythonLockingError(
          "cannot lock \(name): resolved to two versions, \(known.version) and \(package.version)")
      }
      wheels.append(
        LockedWheel(
          environment: environment, name: name, version: package.version, file: wheel.file,
          url: WebAddress.withoutCredentials(wheel.url), size: size, sha256: sha256,
          requested: requested.contains(name)))
    }
    return wheels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func missing(_ package: PylockPackage) -> PythonLockingError {
    var causes: [String] = []
    if !package.wheels.isEmpty {
      causes.append("its wheels: \(package.wheels.map(\.file).sorted().joined(separator: ", "))")
    }
    if package.hasSource { causes.append("it also comes as source, which is never built") }
    return PythonLockingError(
      "cannot lock \(package.name) \(package.version): expected a wheel for \(target.words), found none",
      causes: causes, hints: ["ask for a version that has one: \"\(package.name)<\(package.version)\""])
  }

  /// The distribution's name of a requirement, normalised.
  static func name(of requirement: String) -> String {
    let letters = requirement.drop(while: \.isWhitespace).prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ".")
    }
    return WheelName.normalized(letters)
  }

  private func hidingCredentials(_ line: Substring) -> String {
    let shown = WebAddress.withoutCredentials(index.address)
    if shown == index.address { return String(line) }
    return line.split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.contains("@") && $0.contains("://") ? "[address]" : String($0) }.joined(separator: " ")
  }
}
