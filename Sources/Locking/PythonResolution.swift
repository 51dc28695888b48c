import BuildModel
import Diagnosis
import FileTree

/// Resolves requirements to one exact wheel a package, with uv doing the resolution.
package struct PythonResolution: Sendable {
  /// One run of uv.
  package struct Invocation: Sendable, Equatable {
    package var arguments: [String]
    /// To be added to the child's environment. The index's address goes this way, for it may hold
    /// credentials and arguments are seen by every user of the machine.
    package var environment: [String: String]
    package var input: String
    /// Requirements that only bound the versions of what is installed: lines of a file that
    /// `UV_CONSTRAINT` names.
    package var constraints: [String]
    /// The text of a configuration file that `UV_CONFIG_FILE` names; empty for none.
    package var configuration = ""
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
  /// The guest directory, absolute: where `file:` addresses begin.
  private let directory: String
  /// What may come as source, by what it says of itself.
  package var sources: [SourceMetadata] = []

  package init(index: PythonIndexSource, target: PythonTarget, directory: String = "/") {
    self.index = index
    self.target = target
    self.directory = directory
  }

  /// `requirements` are as the config writes them: "numpy", "rich==13.9.4", "httpx[http2]>=0.27".
  package func invocation(for requirements: [String], constraints: [String] = []) -> Invocation {
    let declared = sources.sorted { $0.name < $1.name }
    let isolation = declared.isEmpty ? ["--no-config"] : declared.flatMap { ["--no-binary", $0.name] }
    return Invocation(
      arguments: [
        "pip", "compile", "-", "--format", "pylock.toml", "--no-header", "--no-annotate",
        "--only-binary", ":all:", "--python-version", target.python,
        "--python-platform", target.uvPlatform, "--no-progress", "--color", "never",
        "--no-python-downloads", "--system",
      ] + isolation,
      environment: ["UV_DEFAULT_INDEX": index.address],
      input: requirements.map { located($0) + "\n" }.joined(), constraints: constraints,
      configuration: declared.isEmpty
        ? "" : "dependency-metadata = [\n\(declared.map { "  \($0.declaration),\n" }.joined())]\n")
  }

  /// uv takes paths as they are for its own directory.
  private func located(_ requirement: String) -> String {
    guard let reference = PythonReference(requirement), let path = reference.guestPath else {
      return requirement
    }
    var address = "file://"
    for byte in "\(directory)/\(path)".utf8 {
      let character = Character(Unicode.Scalar(byte))
      let isPlain = byte < 128 && (character.isLetter || character.isNumber || "/-._~".contains(character))
      address += isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return reference.text(address: address, sha256: reference.sha256)
  }

  /// Resolves and chooses. The wheels come sorted by name; those that `requirements` name are marked
  /// as requested; `size` is 0 where neither index nor address tells it. Empty requirements ask nobody.
  /// `keeping` are constraints that give way when they cannot be met.
  package func wheels(
    for requirements: [String], environment: String, constraints: [String] = [], keeping: [String] = [],
    run: (Invocation) throws -> Outcome
  ) throws -> [LockedWheel] {
    if requirements.isEmpty { return [] }
    if let bad = (requirements + constraints).first(where: {
      $0.contains(where: \.isNewline) || $0.hasPrefix("-")
    }) {
      throw Report("cannot resolve Python packages: \"\(bad)\" is not a requirement")
    }
    for reference in requirements.compactMap(PythonReference.init) { try check(reference) }
    var outcome = try run(invocation(for: requirements, constraints: constraints + keeping))
    // What moves may need something else to move: then all may.
    if outcome.status != 0 && !keeping.isEmpty {
      outcome = try run(invocation(for: requirements, constraints: constraints))
    }
    guard outcome.status == 0 else { throw refusal(outcome) }
    let packages = try PylockPackage.packages(parsing: outcome.output)
    return try choose(from: packages, requested: requirements, environment: environment)
  }

  private func refusal(_ outcome: Outcome) -> Report {
    let remedy =
      "ask for a version that has a wheel for \(target.words), or name it in allow_sdist, and it is built"
    let explanation = UvExplanation(outcome.errors)
    let lacking = explanation.lackingWheels
    let reason =
      explanation.isConflict
      ? "no versions satisfy all requirements" : "uv exited with status \(outcome.status)"
    return Report(
      "cannot resolve Python packages for \(target.words): \(reason)",
      causes: explanation.sentences.map(hidingCredentials),
      hints: (lacking.isEmpty ? [] : [remedy])
        + lacking.map { "write allow_sdist = [\"\($0)\"] beside packages" }
        + ["the index is the one of \(index.origin)"])
  }

  /// A lock names files that others have, too: of the web, or of the guest directory.
  private func check(_ reference: PythonReference) throws(Report) {
    let shown = WebAddress.withoutCredentials(reference.address)
    if reference.isLocal && reference.guestPath == nil {
      throw Report(
        "cannot lock \(reference.name): expected a file below the guest directory, found \(shown)",
        hints: [
          "copy it into the guest directory and write \"\(reference.subject) @ file:wheels/\(reference.file)\""
        ])
    }
    guard WheelName(reference.file) != nil else {
      throw Report(
        "cannot lock \(reference.name): expected the address of a wheel, found \(shown)",
        hints: ["a wheel's name ends in .whl; `pip wheel` makes one from source"])
    }
  }

  package func choose(
    from packages: [PylockPackage], requested requirements: [String], environment: String
  ) throws(Report) -> [LockedWheel] {
    let requested = Set(requirements.map(PythonResolution.name))
    let references = requirements.compactMap(PythonReference.init)
    var wheels: [LockedWheel] = []
    for package in packages {
      if !package.marker.isEmpty {
        guard let marker = PythonMarker(package.marker) else {
          throw Report(
            "cannot lock \(package.name) \(package.version): unknown marker \"\(package.marker)\"")
        }
        if !marker.holds(on: target) { continue }
      }
      guard
        let wheel = try package.archive.map({ archive throws(Report) in
          try referred(archive, by: package, references)
        }) ?? source(of: package) ?? target.best(of: package.wheels)
      else { throw missing(package) }
      guard let sha256 = wheel.sha256 else {
        throw Report(
          "cannot lock \(package.name) \(package.version): the index gives no SHA-256 of \(wheel.file)")
      }
      let name = WheelName.normalized(package.name)
      if let known = wheels.first(where: { $0.name == name }) {
        throw Report(
          "cannot lock \(name): resolved to two versions, \(known.version) and \(package.version)")
      }
      wheels.append(
        LockedWheel(
          environment: environment, name: name, version: package.version, file: wheel.file,
          url: WebAddress.withoutCredentials(wheel.url), size: wheel.size ?? 0, sha256: sha256,
          requested: requested.contains(name)))
    }
    return wheels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func source(of package: PylockPackage) -> OfferedWheel? {
    let name = WheelName.normalized(package.name)
    return sources.contains { $0.name == name } ? package.source : nil
  }

  /// The wheel that a requirement names, as the requirement names it.
  private func referred(
    _ archive: OfferedWheel, by package: PylockPackage, _ references: [PythonReference]
  ) throws(Report) -> OfferedWheel {
    let name = WheelName.normalized(package.name)
    let reference = references.first { $0.name == name && $0.file == archive.file }
    guard let parsed = WheelName(archive.file), target.rank(of: parsed) != nil else {
      throw missing(
        PylockPackage(
          name: package.name, version: package.version, marker: "", wheels: [archive], hasSource: false))
    }
    if let reference, reference.isLocal {
      return OfferedWheel(
        file: archive.file, url: reference.address, size: nil, sha256: archive.sha256)
    }
    guard let reference, reference.sha256 != nil else {
      let found = archive.sha256.map { "#sha256=\($0)" } ?? ""
      let address = WebAddress.withoutCredentials(reference?.address ?? archive.url)
      let line =
        reference?.text(address: address, sha256: archive.sha256) ?? "\(name) @ \(address)\(found)"
      throw Report(
        "cannot lock \(name) \(package.version): expected an address with its SHA-256, found \(address)",
        causes: reference == nil ? ["no requirement of the config names it: another package does"] : [],
        hints: ["if that is the file you mean, write \"\(line)\""])
    }
    return OfferedWheel(
      file: archive.file, url: reference.address, size: archive.size, sha256: reference.sha256)
  }

  private func missing(_ package: PylockPackage) -> Report {
    var causes: [String] = []
    if !package.wheels.isEmpty {
      causes.append("its wheels: \(package.wheels.map(\.file).sorted().joined(separator: ", "))")
    }
    var hints = ["ask for a version that has one: \"\(package.name)<\(package.version)\""]
    if package.hasSource {
      causes.append("it also comes as source")
      hints.append("write allow_sdist = [\"\(package.name)\"] beside packages, and it is built")
    }
    return Report(
      "cannot lock \(package.name) \(package.version): expected a wheel for \(target.words), found none",
      causes: causes, hints: hints)
  }

  /// The distribution's name of a requirement, normalised.
  static func name(of requirement: String) -> String {
    let letters = requirement.drop(while: \.isWhitespace).prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ".")
    }
    return WheelName.normalized(letters)
  }

  private func hidingCredentials(_ line: String) -> String {
    line.split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.contains("@") && $0.contains("://") ? "[address]" : String($0) }.joined(separator: " ")
  }
}
