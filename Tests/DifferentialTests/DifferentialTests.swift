import Foundation
import Glibc
import TestSupport
import Testing

/// The same packages, made into a tree by this program as an ordinary user, and by mmdebstrap as root.
/// CAPSEM_DIFFERENTIAL=all compares all sets, and a name or several, with commas, these.
@Suite(
  .serialized, .enabled("needs root, mmdebstrap and bookworm's archives", { DifferentialSite.isPossible }))
struct DifferentialTests {
  static let chosen: [PackageSet] = {
    guard let names = getenv("CAPSEM_DIFFERENTIAL").map({ String(cString: $0) }) else {
      return PackageSet.small
    }
    if names == "all" { return PackageSet.compared }
    return names.split(separator: ",").map { name in
      PackageSet.compared.first { $0.name == name }
        ?? PackageSet(name: "no set named \(name)", suite: "none", packages: [])
    }
  }()

  @Test(arguments: chosen)
  func `makes the tree that mmdebstrap makes`(set: PackageSet) throws {
    let site = try DifferentialSite.shared.get()
    let comparison = try site.compare(set)
    for difference in comparison.differences { Issue.record("\(set.name): \(difference)") }
    for excuse in comparison.needless {
      Issue.record(
        "\(set.name): docs/differential.md excuses \(excuse.entry) needlessly: \(excuse.difference)")
    }
    // Neither tree was empty.
    #expect(comparison.compared > 5000)
  }

  @Test func `every excuse names one path of sets that exist, and a reason`() throws {
    let names = PackageSet.compared.map(\.name)
    #expect(Set(names).count == names.count)
    let kinds = TreeListing.Attribute.allCases.map(\.rawValue) + ["only ours", "only theirs", "answer"]
    for excuse in try Excuses.documented.get().all {
      #expect(!excuse.entry.contains("*") && !excuse.entry.contains("?"))
      #expect(excuse.sets.allSatisfy(names.contains), "\(excuse)")
      #expect(kinds.contains(excuse.difference), "\(excuse)")
      #expect(excuse.reason.count > 10)
    }
  }
}
