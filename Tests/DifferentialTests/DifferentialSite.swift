import BuildModel
import Foundation
import Glibc
import TestSupport

/// Where both build, with one cache for all sets.
final class DifferentialSite: Sendable {
  static let shared = Result { try DifferentialSite() }

  static var isPossible: Bool {
    Requirement.root && (Requirement.isStrict || access("/usr/bin/mmdebstrap", X_OK) == 0)
      && Requirement.bookworm
  }

  private let site: BuildSite
  private let cache: String

  private init() throws {
    site = try BuildSite()
    // Kept from run to run if it is named: the sets' packages are about 1 GB.
    cache = getenv("CAPSEM_DIFFERENTIAL_CACHE").map { String(cString: $0) } ?? site.cache
    if !FileManager.default.fileExists(atPath: cache) {
      try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
      try site.user.own(cache)
    }
  }

  func compare(_ set: PackageSet) throws -> Comparison {
    let started = Date()
    try site.configure(set.packages, base: "debian:\(set.suite)", target: set.target)
    // What `lock` fetches is what `build` needs, so there is one resolution.
    try run(["lock", "guest"] + mirror(for: set))
    try run(["build", "guest", "--locked", "--until", "configured"] + mirror(for: set))
    let built = Date()
    // Two file systems, for some scripts take files in the order of directories.
    let memory = try Mount.memory(at: "\(site.directory)/memory")
    let disk = try Mount.ordered(in: memory, at: "\(site.directory)/disk")
    let archive = try LockedArchive(
      lock: "\(site.guest)/capsem.lock", objects: "\(cache)/objects/sha256", in: "\(memory.path)/archive")
    let peers = try Peer.build(set, from: archive, in: [memory.path, disk.path])
    let made = Date()
    let image = try Mount.image(site.image(of: set.target), at: "\(site.directory)/image")
    let date = archive.lock.date
    let comparison = Comparison(
      ours: try entries(of: image.path, date, set), theirs: try entries(of: peers[0], date, set),
      again: try entries(of: peers[1], date, set), set: set.name, excuses: try Excuses.documented.get())
    withExtendedLifetime((disk, image)) {}
    func seconds(_ from: Date, _ to: Date) -> Int { Int(to.timeIntervalSince(from).rounded()) }
    try report(
      """
      \(set.name): \(comparison.compared) entries compared, \(comparison.differences.count) differ, \
      \(comparison.excused.count) documented, \(comparison.measured.count) measured; \
      \(seconds(started, built)) s ours, \(seconds(built, made)) s mmdebstrap's two, \
      \(seconds(made, Date())) s to compare
      """, comparison)
    return comparison
  }

  private func run(_ arguments: [String]) throws {
    let result = try site.run(arguments + ["--progress", "plain"], cache: cache)
    guard result.status == 0 else { throw CannotCompare(description: result.errors) }
  }

  /// The host's apt need not have the suite; its mirror has it beside its own.
  private func mirror(for set: PackageSet) throws -> [String] {
    if set.suite == "bookworm" { return [] }
    let uris = try runTool("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Codename: bookworm"])
    return uris.split(separator: "\n").first.map { ["--mirror", String($0)] } ?? []
  }

  /// The tree, and what its dpkg says, in one table.
  private func entries(of root: String, _ date: Int64, _ set: PackageSet) throws -> Comparison.Entries {
    var entries = try TreeListing(of: root, date: date).entries.mapValues { entry in
      Dictionary(uniqueKeysWithValues: entry.map { ($0.key.rawValue, $0.value) })
    }
    for (question, answer) in try PackageState.answers(in: root, isForeign: set.isForeign) {
      entries[question] = ["answer": answer]
    }
    return entries
  }

  /// Appends to the file that CAPSEM_DIFFERENTIAL_REPORT names: a line, and what was excused.
  private func report(_ line: String, _ comparison: Comparison) throws {
    print("differential: \(line)")
    guard let path = getenv("CAPSEM_DIFFERENTIAL_REPORT").map({ String(cString: $0) }) else { return }
    var text = line + "\n"
    for difference in comparison.differences { text += "  differs: \(difference)\n" }
    for difference in comparison.excused { text += "  documented: \(difference)\n" }
    for name in comparison.measured { text += "  measured: \(name)\n" }
    guard let file = fopen(path, "a") else { throw CannotCompare(description: "cannot write \(path)") }
    fputs(text, file)
    fclose(file)
  }
}
