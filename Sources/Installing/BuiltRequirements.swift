import BuildModel
import Diagnosis

/// What a wheel that was built from source needs. The lock was made from what the source said before, and
/// a backend may say more: then the image would lack it, and nobody would notice.
struct BuiltRequirements {
  var wheel: WheelFile
  /// That it was built from.
  var source: LockedWheel
  var lock: LockedArchitecture

  /// Throws when the environment of the source lacks something, or has another version of it.
  func check() throws(Report) {
    let present = lock.wheels.filter { $0.environment == source.environment }
    for requirement in wheel.requirements where isNeeded(requirement) {
      let name = PythonReference.name(of: requirement)
      let wanted = requirement.prefix { $0 != ";" }.trimmed
      guard let found = present.first(where: { $0.name == name }) else {
        throw Report(
          "cannot install \(source.file): its wheel needs \(wanted), which is not locked",
          hints: ["its source does not say so before it is built: add \"\(wanted)\" to packages"])
      }
      if let versions = BuiltRequirements.versions(of: wanted), let version = PythonVersion(found.version),
        !versions.allows(version)
      {
        throw Report(
          "cannot install \(source.file): its wheel needs \(wanted), the lock has \(found.version)",
          hints: ["its source does not say so before it is built: add \"\(wanted)\" to constraints"])
      }
    }
  }

  /// On this machine, and without any extra. What cannot be read is left to Python.
  private func isNeeded(_ requirement: String) -> Bool {
    guard let semicolon = requirement.firstIndex(of: ";") else { return true }
    guard let target, let marker = PythonMarker(requirement[requirement.index(after: semicolon)...]) else {
      return false
    }
    return marker.holds(on: target)
  }

  /// Nil where a requirement names a file, or what is no condition on versions.
  private static func versions(of requirement: Substring) -> PythonSpecifier? {
    let start = requirement.firstIndex { "[(<>=!~@ ".contains($0) } ?? requirement.endIndex
    var rest = requirement[start...].trimmed
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      rest = rest[rest.index(after: end)...].trimmed
    }
    if rest.first == "@" { return nil }
    return PythonSpecifier(rest.filter { $0 != "(" && $0 != ")" })
  }

  /// No marker asks for the version of the C library.
  private var target: PythonTarget? {
    guard let python = lock.python else { return nil }
    let machine = lock.debian == "amd64" ? "x86_64" : "aarch64"
    return PythonTarget(python: python, machine: machine, glibcMinor: 17)
  }
}
