import FileTree
import Foundation

/// One suite of an archive in a local directory, with packages made for a test:
/// `dists/SUITE/COMPONENT/binary-ARCH/Packages` and `.xz`, `dists/SUITE/Release`, `pool/SUITE/…`.
package struct FixtureArchive: Sendable {
  package let root: String
  package let suite: String
  package let architecture: String
  package let components: [String]

  /// Several suites may share a `root`, which is absolute.
  /// - Parameters:
  ///   - date: Seconds since 1970, in Release and in the packages.
  ///   - release: Fields that replace or follow those that Release has anyway; an empty value takes
  ///     a field away.
  ///   - sign: Called with the path of `Release`; writes `InRelease` or `Release.gpg` beside it.
  package init(
    in root: String, suite: String = "stable", architecture: String = "amd64",
    date: Int64 = 1_700_000_000, release: [String: String] = [:],
    sign: (_ release: String) throws -> Void = { _ in },
    @FixtureBuilder<FixturePackage> packages: () -> [FixturePackage]
  ) throws {
    let packages = packages()
    self.root = root
    self.suite = suite
    self.architecture = architecture
    components = Set(packages.map(\.component)).union(["main"]).sorted()
    for component in components {
      let pool = "\(root)/pool/\(suite)/\(component)"
      try FileManager.default.createDirectory(atPath: pool, withIntermediateDirectories: true)
      for package in packages where package.component == component {
        try package.build(in: pool, date: date)
      }
      try writeIndex(of: component)
    }
    try releaseText(date: date, fields: release)
      .write(toFile: self.release, atomically: false, encoding: .utf8)
    try sign(self.release)
  }

  /// For sources.list; apt reads it without a network.
  package var uri: String { "file:\(root)" }
  package var release: String { "\(root)/dists/\(suite)/Release" }

  /// The uncompressed Packages file.
  package func index(of component: String = "main") -> String {
    "\(root)/dists/\(suite)/\(component)/binary-\(architecture)/Packages"
  }

  private func writeIndex(of component: String) throws {
    let index = index(of: component)
    let directory = String(index.dropLast("/Packages".count))
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let text = try runTool(
      "apt-ftparchive", ["--arch", architecture, "packages", "pool/\(suite)/\(component)"],
      in: root, environment: ["APT_CONFIG": "/dev/null"])
    try text.write(toFile: index, atomically: false, encoding: .utf8)
    try runTool("xz", ["--keep", "--force", index])
  }

  private func releaseText(date: Int64, fields: [String: String]) throws -> String {
    var lines: [(String, String)] = [
      ("Origin", "Fixture"), ("Label", "Fixture"), ("Suite", suite), ("Codename", suite),
      ("Date", FixtureArchive.text(of: date)), ("Architectures", architecture),
      ("Components", components.joined(separator: " ")),
    ]
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      if let place = lines.firstIndex(where: { $0.0 == name }) {
        lines[place].1 = value
      } else {
        lines.append((name, value))
      }
    }
    var text = lines.filter { !$0.1.isEmpty }.map { "\($0): \($1)\n" }.joined() + "SHA256:\n"
    for component in components {
      for suffix in ["", ".xz"] {
        let bytes = try Data(contentsOf: URL(filePath: index(of: component) + suffix))
        let name = "\(component)/binary-\(architecture)/Packages\(suffix)"
        text += " \(Digest(of: Array(bytes)).hex) \(bytes.count) \(name)\n"
      }
    }
    return text
  }

  /// As a server writes one into its headers.
  package static func httpDate(secondsFromNow seconds: Double) -> String {
    text(of: Int64(Date().timeIntervalSince1970 + seconds)).replacing("UTC", with: "GMT")
  }

  /// "Tue, 14 Nov 2023 22:13:20 UTC", as Release files write a date.
  package static func text(of date: Int64) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'UTC'"
    return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(date)))
  }
}
