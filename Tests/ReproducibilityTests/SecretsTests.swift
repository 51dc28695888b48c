import BuildModel
import FileTree
import Foundation
import Installing
import TestSupport
import Testing

/// Debian's own packages that make secrets or databases while they are configured, through the program.
@Suite(
  .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root", { Requirement.root }))
struct SecretsTests {
  @Test func `no image has a host's keys, and each machine makes its own at its first boot`() throws {
    let site = try SealedImage.site.get()
    func names(_ directory: String) throws -> [String] {
      try runTool("debugfs", ["-R", "ls -p \(directory)", site.image]).split(separator: "\n").compactMap {
        $0.split(separator: "/").dropFirst(4).first.map(String.init)
      }.sorted()
    }
    #expect(try names("/etc/ssh").contains("sshd_config"))
    #expect(try names("/etc/ssh").filter { $0.hasPrefix("ssh_host_") } == [])
    #expect(try names("/etc/ssl/private") == [".", ".."])
    #expect(try names("/etc/ssl/certs").filter { $0.contains("snakeoil") || $0.hasSuffix(".0") } == [])
    #expect(try names("/var/lib/dbus").filter { $0 == "machine-id" } == [])
    #expect(try runTool("debugfs", ["-R", "cat /etc/machine-id", site.image]) == "")

    let first = try MountedImage(image: site.image, directory: "\(site.directory)/first")
    let second = try MountedImage(image: site.image, directory: "\(site.directory)/second")
    try first.makeSecrets()
    try second.makeSecrets()
    var secrets = [
      "/etc/machine-id", "/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/ssh/ssh_host_ed25519_key",
    ]
    for kind in MachineSecrets.kinds {
      guard case .firstBoot(_, let commands) = kind.renewal else { continue }
      for (file, _) in commands {
        secrets.append(file.description)
        let found = try runTool(
          "sh", ["-c", "debugfs -R \"stat $1\" \"$2\" 2>&1", "sh", file.description, site.image])
        #expect(found.contains("File not found"), "\(file)")
      }
    }
    let made = try secrets.map { try #require(try contents(ofFile: first.root + $0), "\($0)") }
    for (name, content) in zip(secrets, made) {
      #expect(try contents(ofFile: second.root + name) != content, "\(name)")
    }
    #expect(made[0].count == 33)
    #expect(try contents(ofFile: "\(first.root)/var/lib/dbus/machine-id") == made[0])
    try runTool("mkdir", ["-p", "\(first.root)/run/sshd"])
    try runTool("chroot", [first.root, "/usr/sbin/sshd", "-t"])
    #expect(try runTool("stat", ["-c", "%a", "\(first.root)/etc/munge/munge.key"]) == "600\n")
    #expect(try runTool("chroot", [first.root, "stat", "-c", "%U", "/etc/bind/rndc.key"]) == "bind\n")
    try runTool("openssl", ["x509", "-noout", "-in", "\(first.root)\(secrets[1])"])
    // A machine whose overlay lies on a disk keeps them.
    try first.makeSecrets()
    #expect(try secrets.map { try contents(ofFile: first.root + $0) } == made)
  }

  /// Two builds differ, and in nothing that the table does not name.
  @Test(
    .enabled("takes its time", { ReproducibilityTests.asksForAll }),
    arguments: ["postgresql-15", "mariadb-server", "slapd", "postfix", "sasl2-bin", "popularity-contest"])
  func `a database differs where the table says so, and nowhere else`(package: String) throws {
    let kinds = IrreproducibleData.inImage(with: ["less", package])
    #expect(kinds.count == 1)
    let site = try BuildSite()
    var trees: [Set<Substring>] = []
    for _ in 0..<2 {
      // A build that finds its image there has nothing to do.
      try runTool("rm", ["-rf", site.assets])
      try SealedImage.build([package], on: site)
      trees.append(
        Set(try runTool(BuildSite.built, ["inspect", "--tree", site.image]).split(separator: "\n")))
    }
    let differing = Set(trees[0].symmetricDifference(trees[1]).map { String($0.prefix { $0 != " " }) })
    #expect(!differing.isEmpty)
    #expect(differing.filter { path in !kinds.contains { $0.holds(path) } } == [])
  }
}
