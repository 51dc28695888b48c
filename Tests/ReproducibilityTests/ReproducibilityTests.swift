import BuildModel
import Foundation
import TestSupport
import Testing

/// The same lock gives the same bytes. Each set is locked once and built several times from nothing but
/// the downloads; all circumstances come in few builds. CAPSEM_REPRODUCIBLE=all asks for every set, and for
/// the first with each circumstance alone, too; names of sets, separated by commas, ask for these.
@Suite(
  .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root", { Requirement.root }))
struct ReproducibilityTests {
  private static let asked = ProcessInfo.processInfo.environment["CAPSEM_REPRODUCIBLE"]
  static let asksForAll = asked == "all"

  /// All that are compared when every set is asked for.
  static let everySet: [ReproducibleSet] =
    PackageSet.all.filter { $0.name != PackageSet.defaultGuest && left(outOf: $0).isEmpty }.map(
      ReproducibleSet.packages) + [.defaultGuest]

  static let sets: [ReproducibleSet] = {
    guard let asked, !asksForAll else { return asksForAll ? everySet : Array(everySet.prefix(1)) }
    let names = asked.split(separator: ",").map(String.init)
    return everySet.filter { names.contains($0.description) }
  }()

  /// Packages of a set whose data no two builds have in common, by the table that says why.
  static func left(outOf set: PackageSet) -> [IrreproducibleData] {
    IrreproducibleData.inImage(with: set.packages)
  }

  @Test(arguments: sets)
  func `gives the same image under all circumstances`(set: ReproducibleSet) throws {
    var builds = try ComparedBuilds(of: set)
    try builds.buildReference()
    for circumstances in Circumstance.combined {
      try builds.compare(circumstances.filter { !set.copiesPreloaded || $0.name != Circumstance.clock.name })
    }
    if ReproducibilityTests.asksForAll, case .packages(let set) = set, set.name == PackageSet.all[0].name {
      for circumstance in Circumstance.all { try builds.compare([circumstance]) }
    }
    let verdict = builds.differing == 0 ? builds.sha256 : "\(builds.differing) of them differ"
    let note = set.copiesPreloaded ? ", without \(Circumstance.clock.name)" : ""
    try Report.append("set \(set): \(builds.images) images\(note), \(verdict)")
  }

  @Test func `leaves out no set without a reason that a table has`() throws {
    let left = PackageSet.all.map { ($0, ReproducibilityTests.left(outOf: $0)) }.filter { !$0.1.isEmpty }
    #expect(left.map(\.0.name).sorted() == ["database", "ldap", "mail", "mariadb", "postfix", "texlive"])
    for (set, kinds) in left {
      try Report.append("left out \(set.name): \(kinds.map(\.reason).joined(separator: "; "))")
    }
    try Report.append("circumstances \(Circumstance.all.count)")
  }
}

/// Lines for `make reproducible`, in the file that CAPSEM_REPRODUCIBLE_REPORT names.
enum Report {
  static func append(_ line: String) throws {
    guard let path = ProcessInfo.processInfo.environment["CAPSEM_REPRODUCIBLE_REPORT"] else { return }
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data((line + "\n").utf8))
    try file.close()
  }
}
