/// The interpreter and platform that wheels are chosen for.
package struct PythonTarget: Sendable, Hashable {
  /// Major and minor: "3.11".
  package let python: String
  /// As `uname -m` says it: "x86_64", "aarch64".
  package let machine: String
  /// The minor version of glibc 2: 36 for Debian 12.
  package let glibcMinor: Int
  /// Compatibility tags by preference, best first, in the order of PEP 425 and PEP 600.
  package let tags: [String]
  private let ranks: [String: Int]

  /// Nil when `python` is not of the form "3.N".
  package init?(python: String, machine: String, glibcMinor: Int) {
    let parts = python.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "3", let minor = Int(parts[1]), minor >= 2 else { return nil }
    self.python = python
    self.machine = machine
    self.glibcMinor = glibcMinor
    self.tags = PythonTarget.tags(minor: minor, machine: machine, glibcMinor: glibcMinor)
    var ranks: [String: Int] = [:]
    for (rank, tag) in tags.enumerated() where ranks[tag] == nil { ranks[tag] = rank }
    self.ranks = ranks
  }

  /// The interpreter's version as a package's Requires-Python is compared with. As uv does, the
  /// first release of the series: the series is all that a lock promises.
  package var version: PythonVersion { PythonVersion(python)! }

  /// uv's name for the platform, which states the C library.
  package var uvPlatform: String { "\(machine)-manylinux_2_\(glibcMinor)" }

  /// The place of the wheel's best tag; lower is better, nil means that it does not run here.
  package func rank(of wheel: WheelName) -> Int? { wheel.tags.compactMap { ranks[$0] }.min() }

  private static func tags(minor: Int, machine: String, glibcMinor: Int) -> [String] {
    var platforms: [String] = []
    // manylinux begins with glibc 2.5 on x86_64 and with 2.17 on everything else.
    let legacy = [17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"]
    for glibc in stride(from: glibcMinor, through: machine == "x86_64" ? 5 : 17, by: -1) {
      platforms.append("manylinux_2_\(glibc)_\(machine)")
      if let name = legacy[glibc] { platforms.append("\(name)_\(machine)") }
    }
    platforms.append("linux_\(machine)")
    let interpreter = "cp3\(minor)"
    var tags: [String] = []
    for abi in [interpreter, "abi3", "none"] {
      tags += platforms.map { "\(interpreter)-\(abi)-\($0)" }
    }
    for older in stride(from: minor - 1, through: 2, by: -1) {
      tags += platforms.map { "cp3\(older)-abi3-\($0)" }
    }
    let generic =
      ["py3\(minor)", "py3"] + stride(from: minor - 1, through: 0, by: -1).map { "py3\($0)" }
    for python in generic { tags += platforms.map { "\(python)-none-\($0)" } }
    tags.append("\(interpreter)-none-any")
    tags += generic.map { "\($0)-none-any" }
    return tags
  }
}
