import BuildModel
import Testing

@Suite struct IrreproducibleDataTests {
  @Test func `is known by the package and by its paths`() {
    let found = IrreproducibleData.inImage(with: ["less", "postgresql-15", "postgresql-common"])
    #expect(found.map(\.paths) == [["/var/lib/postgresql"]])
    #expect(found[0].holds("/var/lib/postgresql") && found[0].holds("/var/lib/postgresql/15/main/PG_VERSION"))
    #expect(!found[0].holds("/var/lib/postgresql-common") && !found[0].holds("/var/lib"))
    #expect(IrreproducibleData.inImage(with: ["less", "postgresql-common", "mariadb-client"]) == [])
  }

  @Test func `every kind has a reason, and a package is of one kind`() {
    let kinds = IrreproducibleData.kinds
    #expect(kinds.allSatisfy { !$0.packages.isEmpty && !$0.reason.isEmpty && !$0.paths.isEmpty })
    #expect(kinds.flatMap(\.paths).allSatisfy { $0.hasPrefix("/") && !$0.hasSuffix("/") })
    let packages = kinds.flatMap(\.packages)
    #expect(Set(packages).count == packages.count)
  }
}
