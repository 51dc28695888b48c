import Foundation
import TestSupport

/// What is built several times: a set of packages, or the default guest.
enum ReproducibleSet: Sendable, CustomStringConvertible {
  case packages(PackageSet)
  case defaultGuest

  var description: String {
    switch self {
    case .packages(let set): set.name
    case .defaultGuest: "default-guest"
    }
  }

  private static let fixtures = ["probe"]

  /// The fixtures' archive has one architecture, and the default guest has two.
  private static func forThisMachine(_ build: String) -> String {
    let tables = build.split(separator: "\n[", omittingEmptySubsequences: false)
    return tables.filter {
      !$0.hasPrefix("build.architectures.") || $0.hasPrefix("build.architectures.\(BuildSite.architecture)]")
    }.joined(separator: "\n[")
  }

  /// The clock that the tests show is a library that is preloaded into every program, so that `ldd` lists it,
  /// and mkinitramfs copies what `ldd` lists. `verify` varies the clock of such a set by a variable, which
  /// mkinitramfs takes out.
  var copiesPreloaded: Bool {
    if case .packages(let set) = self { set.packages.contains("initramfs-tools") } else { false }
  }

  /// Writes the guest's config, with the fixtures beside its packages.
  func configure(_ site: BuildSite) throws {
    switch self {
    case .packages(let set):
      try site.configure(
        set.packages + ReproducibleSet.fixtures, base: "debian:\(set.suite)",
        from: Archives.stanzas(of: set.suite))
    case .defaultGuest:
      try runTool("rm", ["-rf", site.guest])
      try runTool("cp", ["-r", "\(BuildSite.repository)/guest", site.guest])
      try? FileManager.default.removeItem(atPath: "\(site.guest)/capsem.lock")
      let shipped = try String(contentsOfFile: "\(site.guest)/config/build.toml", encoding: .utf8)
      let text = ReproducibleSet.forThisMachine(shipped)
      let sources = try Archives.stanzas(of: "bookworm").map { BuildSite.text(of: $0) }.joined()
      try site.write(text + sources, to: "guest/config/build.toml")
      try site.write(
        """
        [probe]
        name = "Probe"
        manager = "apt"
        install_cmd = "apt-get install -y"
        packages = ["probe"]
        network = { name = "Archive", domains = [] }

        """, to: "guest/config/packages/probe.toml")
      try site.user.own(site.guest)
    }
  }
}
